// H5 alone: uni-app wraps fields and pictures, and what is written on the wrapper does not reach what screen readers look at.

const WRAPPERS = 'uni-input, uni-textarea, uni-image';

function label(wrapper) {
  const name = wrapper.getAttribute('aria-label') || '';
  wrapper.querySelectorAll('input, textarea').forEach(field => {
    if (name && field.getAttribute('aria-label') !== name) field.setAttribute('aria-label', name);
  });
  // The wrapper itself is named; a picture without a name only decorates.
  wrapper.querySelectorAll('img').forEach(picture => {
    if (!picture.hasAttribute('alt')) picture.alt = '';
  });
}

/** Names the fields and pictures of the page, now and whenever it changes. */
export function labelFields() {
  const observer = new MutationObserver(() => document.querySelectorAll(WRAPPERS).forEach(label));
  observer.observe(document.body, {childList: true, subtree: true, attributes: true, attributeFilter: ['aria-label']});
}
