/** Doing things, and saying what became of them. */
import { ElMessage, ElMessageBox } from 'element-plus'
import { ref, type Ref } from 'vue'
import { ApiError } from './api'
import { t } from './i18n'
import { Refusal } from './wechat'

/** What WeChat refused last; the frame of the page shows it. */
export const lastRefusal: Ref<Refusal | undefined> = ref()

export function ok(text: string): void {
  ElMessage({ type: 'success', message: text, duration: 2_500, grouping: true })
}

export function failed(fault: unknown): void {
  if (fault instanceof Refusal) {
    lastRefusal.value = fault
    return
  }
  if (!(fault instanceof ApiError)) throw fault
  const field = fault.field ? ` (${fault.field})` : ''
  const message = fault.status ? `${fault.status} ${fault.message}${field}` : t('error.unreachable')
  ElMessage({ type: 'error', message, duration: 6_000, showClose: true, grouping: true })
}

/** Runs something that may be refused; its answer, or nothing. */
export async function attempt<T>(work: () => Promise<T>, done?: string): Promise<T | undefined> {
  try {
    const answer = await work()
    if (done) ok(done)
    return answer
  } catch (fault) {
    failed(fault)
    return undefined
  }
}

/** Asks before something that cannot be taken back. */
export async function sure(question: string, yes: string): Promise<boolean> {
  try {
    await ElMessageBox.confirm(question, t('common.sure'), {
      confirmButtonText: yes,
      cancelButtonText: t('common.cancel'),
      type: 'warning',
    })
    return true
  } catch {
    return false
  }
}
