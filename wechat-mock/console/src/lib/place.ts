/** Where the mock is, seen from this page. */

const path = location.pathname
const at = path.lastIndexOf('/_mock/')

/** What stands before `/_mock/` and before WeChat's own paths; empty unless a proxy adds something. */
export const prefix = at < 0 ? '' : path.slice(0, at)

/** The address that clients use in place of https://api.weixin.qq.com. */
export const baseUrl = location.origin + prefix

/** The address of one page of this console. */
export function linkTo(route: string): string {
  return `${location.origin}${path}#${route}`
}
