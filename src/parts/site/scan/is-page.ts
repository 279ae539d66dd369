/** True for what a person's browser navigates to: such a file goes live last, and is gone when it is removed. */
export function isPage(contentType: string): boolean {
  return /^(text\/html|application\/xhtml\+xml)\b/.test(contentType);
}
