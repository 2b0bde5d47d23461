  return {install};
})());
