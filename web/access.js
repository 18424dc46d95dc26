// The token that the page sends, where the installation wants one. It is kept as long as the tab is open, and goes
// nowhere but into the header of requests to this page's own server.

const name = "sluice-token";
let own = "";  // of a browser that keeps nothing

export function token() {
  try {
    return globalThis.sessionStorage.getItem(name) ?? own;
  } catch {
    return own;
  }
}

export function keepToken(text) {
  own = text.trim();
  try {
    globalThis.sessionStorage.setItem(name, own);
  } catch {
    // It is asked for again after a reload.
  }
}

export function withToken(headers) {
  const sent = token();
  // What is no header's value would make the browser throw; the server is to say what is wrong with it.
  return sent === "" ? headers : { ...headers, Authorization: `Bearer ${encodeURI(sent)}` };
}

// Whether another token would help.
export function wantsToken({ status }) {
  return status === 401 || status === 403;
}
