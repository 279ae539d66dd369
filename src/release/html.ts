const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that stands as it is, between tags or in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (c) => ESCAPES[c] ?? c);

/** An address that may be a link: http and https alone, whatever a record says. */
export function httpUrl(text: string): string | undefined {
  return /^https?:\/\/[^\s"'<>]+$/.test(text) && URL.canParse(text) ? text : undefined;
}
