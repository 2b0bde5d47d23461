declare module 'jsbarcode/bin/barcodes/CODE128/CODE128_AUTO' {
  export default class {
    constructor(text: string, options: object)
    encode(): { data: string; text: string }
  }
}
