import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import ElementPlus from 'unplugin-element-plus/vite'
import { defineConfig } from 'vitest/config'
import { compressAssets } from './scripts/compress.ts'
import { pageTexts } from './scripts/texts.ts'

export default defineConfig({
  plugins: [pageTexts(), vue(), ElementPlus({}), compressAssets()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: { __VUE_OPTIONS_API__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    target: 'chrome100', // UOS and Kylin desktops carry old Chromiums; light-dark() is lowered
    assetsInlineLimit: 0, // nothing as data: in the CSS
    manifest: true, // the budgets test reads it
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'vue', test: /node_modules[\\/](@vue|vue|vue-router|vue-i18n|@intlify)[\\/]/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': process.env.YM_BASE_URL ?? 'http://127.0.0.1:8420' } },
  test: {
    environment: 'jsdom',
    include: ['tests/unit/**/*.test.ts'],
    server: { deps: { inline: ['element-plus'] } },
  },
})
