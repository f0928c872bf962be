import { defineConfig } from '@playwright/test'

// The server is started by whoever runs this; YM_BASE_URL says where it is.
export default defineConfig({
  testDir: '../tests/e2e/browser',
  outputDir: './test-results',
  fullyParallel: false,
  // Files run side by side upon one server: each makes what it changes, under a name of its own.
  workers: 2,
  retries: 0,
  timeout: 240_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    trace: 'off',
    launchOptions: {
      executablePath: process.env.YM_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync',
      ],
    },
  },
})
