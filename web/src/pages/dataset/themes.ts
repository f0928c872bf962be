// The subjects that a dataset may be filed under; their words are `theme.…` of the language files.
export const themes = [
  'agriculture', 'civil', 'credit', 'culture', 'economy', 'education', 'employment', 'energy', 'environment', 'finance',
  'geography', 'government', 'health', 'housing', 'industry', 'market', 'petitions', 'population', 'safety', 'science',
  'tourism', 'transport',
] as const
