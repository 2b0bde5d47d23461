// What is kept until the page, or the mini-program, is closed: never in the phone's storage.

const memory = new Map();

export const kept = {
  get(name) {
    // #ifdef H5
    return sessionStorage.getItem(name) || '';
    // #endif
    // #ifndef H5
    return memory.get(name) || '';
    // #endif
  },
  set(name, value) {
    // #ifdef H5
    sessionStorage.setItem(name, value);
    // #endif
    // #ifndef H5
    memory.set(name, value);
    // #endif
  }
};
