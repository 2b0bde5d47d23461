// The script is not written yet.
