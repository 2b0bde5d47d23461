import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// Where the development server and `vite preview` find the mock.
const mock = process.env.MOCK_URL ?? 'http://127.0.0.1:7420'
// The mock turns foreign pages away, so the development server calls it without an Origin.
const proxied = {
  target: mock,
  changeOrigin: true,
  configure: (proxy: { on(event: 'proxyReq', then: (request: { removeHeader(name: string): void }) => void): void }) =>
    proxy.on('proxyReq', (request) => request.removeHeader('origin')),
}
const proxy = Object.fromEntries(
  ['/_mock/v1', '/_mock/openapi.json', '/cgi-bin', '/card', '/mmbiz_png', '/mmbiz_jpg'].map((path) => [path, proxied]),
)

export default defineConfig({
  // The mock serves the files below /_mock/; relative addresses also survive a reverse proxy.
  base: './',
  plugins: [vue()],
  define: { __VUE_OPTIONS_API__: true, __VUE_PROD_DEVTOOLS__: false },
  server: { proxy },
  preview: { proxy },
  build: {
    target: 'es2022',
    // The polyfill would be the one script that is not a file.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      output: {
        // The hash is that of the bytes: a browser keeps the file for good, and two builds of the same
        // sources have the same names.
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
        advancedChunks: { groups: [{ name: 'vendor', test: /node_modules/ }] },
      },
    },
  },
})
