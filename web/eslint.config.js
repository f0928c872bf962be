import vue from 'eslint-plugin-vue'
import a11y from 'eslint-plugin-vuejs-accessibility'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['**/dist', '**/node_modules', '**/test-results'] },
  ...ts.configs.strict,
  ...vue.configs['flat/essential'],
  ...a11y.configs['flat/recommended'],
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    rules: {
      'no-undef': 'off',
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': 'error', // the CSP refuses style=""
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess asks for it
      'vuejs-accessibility/interactive-supports-focus': 'off', // grid and list boxes use aria-activedescendant
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
    },
  },
)
