/** Light and dark: the system's choice until the reader makes one. */
import { ref } from 'vue'

const KEY = 'wechat-mock.theme'
const system = matchMedia('(prefers-color-scheme: dark)')

export const isDark = ref(false)

function apply(): void {
  const kept = localStorage.getItem(KEY)
  isDark.value = kept ? kept === 'dark' : system.matches
  document.documentElement.classList.toggle('dark', isDark.value)
}

export function setDark(dark: boolean): void {
  localStorage.setItem(KEY, dark ? 'dark' : 'light')
  apply()
}

system.addEventListener('change', apply)
apply()
