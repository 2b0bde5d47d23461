/** Things that are fetched when they are first shown, and again when the stream says that they changed. */
import { onScopeDispose, ref, type Ref } from 'vue'
import { ApiError, isOpen } from './api'
import { listen, type Kind } from './stream'

export interface Live<T> {
  value: Ref<T | undefined>
  error: Ref<ApiError | undefined>
  refresh: () => Promise<void>
}

/** Milliseconds in which what happens counts as one. */
const TOGETHER = 150

/** Fetches now and after each of `kinds`, at most once at a time; `suits` narrows what counts. */
export function useLive<T>(
  fetchIt: () => Promise<T>,
  kinds: Kind[],
  suits: (kind: Kind, data: unknown) => boolean = () => true,
): Live<T> {
  const value = ref<T>() as Ref<T | undefined>
  const error = ref<ApiError>()
  let isBusy = false
  let isDue = false
  let isOver = false
  let timer: ReturnType<typeof setTimeout> | undefined

  async function refresh(): Promise<void> {
    if (isBusy) {
      isDue = true
      return
    }
    isBusy = true
    try {
      do {
        isDue = false
        const fetched = await fetchIt()
        if (isOver) return
        value.value = fetched
        error.value = undefined
      } while (isDue)
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault
      error.value = fault
    } finally {
      isBusy = false
    }
  }

  const stop = listen((kind, data) => {
    if (!kinds.includes(kind) || !suits(kind, data)) return
    // Not put off by what comes next: a busy mock would never be shown.
    timer ??= setTimeout(() => {
      timer = undefined
      void refresh()
    }, TOGETHER)
  })
  onScopeDispose(() => {
    isOver = true
    stop()
    clearTimeout(timer)
  })
  if (isOpen.value) void refresh()
  return { value, error, refresh }
}
