/** Calls as a command for the shell. */
import { baseUrl } from './place'
import type { Entry } from './types'

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** What the journal keeps secret has to be filled in again. */
function visible(value: string): string {
  return /^\[redacted: \d+ characters\]$/.test(value) ? '<SECRET>' : value
}

function redacted(value: unknown): unknown {
  if (typeof value === 'string') return visible(value)
  if (Array.isArray(value)) return value.map(redacted)
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redacted(inner)]))
  }
  return value
}

/** A journal row as curl; the token of its account is fetched by the first line. */
export function asCurl(entry: Entry): string {
  const { access_token, ...rest } = entry.query ?? {}
  const pairs = Object.entries(rest).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(visible(value))}`)
  if (access_token !== undefined) pairs.unshift('access_token=$ACCESS_TOKEN')
  const query = pairs.length ? `?${pairs.join('&')}` : ''
  const lines = [`curl -s -X ${entry.method} "${baseUrl}${entry.path}${query.replaceAll('"', '%22')}"`]
  const { request } = entry
  const isFile = request !== null && typeof request === 'object' && 'content_type' in request && 'bytes' in request
  if (isFile) lines.push(`-F "buffer=@logo.png"`)
  else if (request !== null && request !== undefined) {
    const body = typeof request === 'string' ? request : JSON.stringify(redacted(request))
    lines.push(`-H 'Content-Type: application/json'`, `-d ${quoted(body)}`)
  }
  return lines.join(' \\\n  ')
}

/** What a client needs to speak to the mock, by language. */
export function snippets(appid: string, secret: string): { name: string; text: string }[] {
  const token = `{"grant_type":"client_credential","appid":"${appid}","secret":"${secret}"}`
  return [
    {
      name: 'curl',
      text: `BASE=${baseUrl}\ncurl -s "$BASE/cgi-bin/stable_token" \\\n  -H 'Content-Type: application/json' \\\n  -d '${token}'`,
    },
    {
      name: 'Node.js',
      text: `const base = process.env.WECHAT_API_BASE ?? 'https://api.weixin.qq.com'\n// WECHAT_API_BASE=${baseUrl}\nconst answer = await fetch(base + '/cgi-bin/stable_token', {\n  method: 'POST',\n  body: JSON.stringify({\n    grant_type: 'client_credential',\n    appid: '${appid}',\n    secret: '${secret}',\n  }),\n})\nconst { access_token } = await answer.json()`,
    },
    {
      name: 'Python',
      text: `import os, requests\n\nbase = os.environ.get("WECHAT_API_BASE", "https://api.weixin.qq.com")\n# WECHAT_API_BASE=${baseUrl}\nanswer = requests.post(base + "/cgi-bin/stable_token", json={\n    "grant_type": "client_credential",\n    "appid": "${appid}",\n    "secret": "${secret}",\n})\naccess_token = answer.json()["access_token"]`,
    },
    {
      name: 'H5 / JS-SDK',
      text: `<script src="${baseUrl}/_mock/wx.js"></script>`,
    },
    {
      name: 'coupon-backend',
      text: `WECHAT_API_BASE=${baseUrl}\nWECHAT_OA_APPID=${appid}\nWECHAT_OA_SECRET=${secret}`,
    },
  ]
}
