/** QR codes and barcodes as shapes to draw. */
import { CODE128 } from 'jsbarcode/bin/barcodes/CODE128/index.js'
import qrcode from 'qrcode-generator'

/** The path of a QR code's dark modules, each one unit wide, and how many units a side has. */
export function qrPath(text: string): { path: string; size: number } {
  const code = qrcode(0, 'M')
  // The library takes bytes; WeChat's codes and addresses are ASCII, a title in a link may not be.
  code.addData(String.fromCharCode(...new TextEncoder().encode(text)), 'Byte')
  code.make()
  const size = code.getModuleCount()
  let path = ''
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) if (code.isDark(y, x)) path += `M${x} ${y}h1v1h-1z`
  }
  return { path, size }
}

/** The path of a Code 128 barcode of height 1, and its width in units; nothing where it has no such form. */
export function barPath(text: string): { path: string; size: number } | undefined {
  if (!/^[\x20-\x7e]+$/.test(text)) return undefined
  const { data } = new CODE128(text, {}).encode()
  let path = ''
  for (const run of data.matchAll(/1+/g)) path += `M${run.index} 0h${run[0].length}v1h-${run[0].length}z`
  return { path, size: data.length }
}

/** A code in groups of four, as the phone prints it. */
export function grouped(code: string): string {
  return /^\d{8,}$/.test(code) ? code.replace(/(\d{4})(?=\d)/g, '$1 ') : code
}
