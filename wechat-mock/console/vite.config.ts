import vue from '@vitejs/plugin-vue'
import { type Plugin, defineConfig } from 'vite'

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

/** Makes `src/lib/early.ts` the first script of the page: a file of its own, which imports no other. */
function early(): Plugin {
  const id = 'src/lib/early.ts'
  return {
    name: 'early',
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'chunk', id, name: 'early' })
    },
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle = {} }) {
        const chunk = Object.values(bundle).find((one) => one.type === 'chunk' && one.facadeModuleId?.endsWith(id))
        if (!chunk) throw new Error(`${id} was not built`)
        return [{ tag: 'script', attrs: { type: 'module', crossorigin: true, src: `./${chunk.fileName}` }, injectTo: 'head-prepend' }]
      },
    },
  }
}

export default defineConfig({
  // The mock serves the files below /_mock/; relative addresses also survive a reverse proxy.
  base: './',
  plugins: [vue(), early()],
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
        codeSplitting: {
          groups: [
            { name: 'early', test: /src[\\/]lib[\\/](early|loaders|place)\.ts|preload-helper/, priority: 2 },
            // What draws codes comes with the pages that show some.
            { name: 'vendor', test: /node_modules[\\/](?!jsbarcode|qrcode-generator)/ },
            // One file in place of one for each set of pages.
            { name: 'shared', test: /src[\\/](lib|components)/, minShareCount: 5 },
          ],
        },
      },
    },
  },
})
