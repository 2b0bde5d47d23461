// Where backend and mock are. H5 reads config.json beside the page at run time; a build for WeChat is told when it is made.

let settings;

/** `{backend, mock, mp_appid, oa_appid, user}`; `mock_token` for a mock on another address than loopback. */
export async function readSettings() {
  if (settings) return settings;
  // #ifdef H5
  const answer = await fetch('config.json');
  settings = await answer.json();
  // ?user=bob in the page's address: another customer.
  settings.user = new URLSearchParams(location.search).get('user') || settings.user;
  // #endif
  // #ifdef MP-WEIXIN
  settings = {
    backend: import.meta.env.VITE_BACKEND || 'http://127.0.0.1:7430',
    mock: import.meta.env.VITE_MOCK || '',
    mp_appid: import.meta.env.VITE_MP_APPID || 'wx00000000000000b0',
    user: import.meta.env.VITE_USER || 'alice'
  };
  // #endif
  return settings;
}

// #ifdef H5
/** The customers of the mock, by name; none when it does not say. */
export async function readUsers() {
  const {mock, mock_token: token} = await readSettings();
  try {
    const answer = await fetch(`${mock}/_mock/v1/users`, {headers: token ? {authorization: `Bearer ${token}`} : {}});
    return (await answer.json()).users.map(user => user.name);
  } catch (_) {
    return [];
  }
}

/** Goes on as another customer: with another `wx`, and another session. */
export function become(user) {
  location.search = `?user=${encodeURIComponent(user)}`;
}
// #endif
