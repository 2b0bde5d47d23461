/** Copies a text; true when it worked. The clipboard API is missing on plain http from another machine. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.className = 'off-screen'
    document.body.append(area)
    area.select()
    const worked = document.execCommand('copy')
    area.remove()
    return worked
  }
}
