/** SHA-1 in hex; `crypto.subtle` is missing on pages that a phone opens by plain http. */
export function sha1(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const length = (((bytes.length + 8) >> 6) + 1) * 64
  const block = new DataView(new ArrayBuffer(length))
  bytes.forEach((byte, at) => block.setUint8(at, byte))
  block.setUint8(bytes.length, 0x80)
  block.setUint32(length - 8, Math.floor(bytes.length / 0x2000_0000))
  block.setUint32(length - 4, bytes.length << 3)

  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  const words = new Int32Array(80)
  const left = (word: number, by: number) => (word << by) | (word >>> (32 - by))
  for (let start = 0; start < length; start += 64) {
    for (let i = 0; i < 80; i++) {
      words[i] =
        i < 16
          ? block.getInt32(start + i * 4)
          : left(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1)
    }
    let [a, b, c, d, e] = state as [number, number, number, number, number]
    for (let i = 0; i < 80; i++) {
      const [mixed, constant] =
        i < 20
          ? [(b & c) | (~b & d), 0x5a827999]
          : i < 40
            ? [b ^ c ^ d, 0x6ed9eba1]
            : i < 60
              ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
              : [b ^ c ^ d, 0xca62c1d6]
      const next = (left(a, 5) + mixed + e + constant + words[i]!) | 0
      ;[e, d, c, b, a] = [d, c, left(b, 30), a, next]
    }
    ;[a, b, c, d, e].forEach((word, at) => (state[at] = (state[at]! + word) | 0))
  }
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}
