import {fileURLToPath} from 'node:url';

import plugin from '@dcloudio/vite-plugin-uni';
import {defineConfig} from 'vite';

const uni = plugin.default || plugin;
const at = path => fileURLToPath(new URL(path, import.meta.url));

/** The settings of the H5 build, which whoever serves it replaces. */
const SETTINGS = {backend: '/api', mock: 'http://127.0.0.1:7420', mp_appid: 'wx00000000000000b0', oa_appid: 'wx00000000000000a0', user: 'alice'};

// Another build of the same source is the same files, under the same names.
process.env.UNI_WEB_DISABLE_CHUNK_HASH = 'true';
const output = process.env.UNI_PLATFORM === 'h5'
  ? {entryFileNames: 'assets/[name].js', assetFileNames: 'assets/[name][extname]'}
  : {};

const settings = {
  name: 'settings-beside-the-page',
  enforce: 'post',
  generateBundle(_, bundle) {
    if (process.env.UNI_PLATFORM !== 'h5') return;
    this.emitFile({type: 'asset', fileName: 'config.json', source: `${JSON.stringify(SETTINGS, null, 2)}\n`});
    // Pictures of a shadow under the title bar come from a host of the framework's; the shop works offline.
    Object.values(bundle).filter(file => /\.css$/.test(file.fileName)).forEach(file => {
      file.source = String(file.source).replace(/url\(["']?https?:[^)]*\)/g, 'none');
    });
    // The framework's own styles are the only file that has a hash whatever is set.
    const name = Object.keys(bundle).find(file => /^assets\/uni\.\w+\.css$/.test(file));
    const page = bundle['index.html'];
    if (!name || !page) return;
    bundle[name].fileName = 'assets/uni.css';
    page.source = page.source.replaceAll(name, 'assets/uni.css');
  }
};

/** Vue looks for the global object; in a mini-program there is no window. */
const withoutWindow = {
  name: 'without-window',
  enforce: 'pre',
  transform(code, id) {
    if (!/[\\/]uni-mp-vue[\\/]/.test(id)) return undefined;
    return code.replace(/if \(typeof window !== "undefined"\) \{\s*return window;\s*\}/g, '');
  }
};

export default defineConfig({
  base: './',
  plugins: [withoutWindow, uni(), settings],
  resolve: {
    alias: {
      // A build for WeChat holds wx.js only when it is told of a mock.
      '#wechat': at(process.env.VITE_MOCK ? './src/lib/wechat-mock.js' : './src/lib/wechat-real.js'),
      '#wx.js': at('../wx/wx.js')
    }
  },
  build: {
    commonjsOptions: {include: [/wx\/wx\.js$/, /node_modules/]},
    rollupOptions: {output}
  }
});
