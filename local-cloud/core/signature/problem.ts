/** What is wrong with a signature; each service says it with codes of its own (faults.ts). */
export type Problem =
  | { readonly problem: 'old-version' }
  | { readonly problem: 'algorithm'; readonly found: string }
  | { readonly problem: 'incomplete'; readonly missing: readonly string[]; readonly authorization: string }
  | { readonly problem: 'no-date'; readonly authorization: string }
  | { readonly problem: 'credential'; readonly found: string }
  | {
      readonly problem: 'scope';
      readonly part: 'terminator' | 'date' | 'region' | 'service';
      readonly found: string;
      readonly wanted: string;
    }
  | { readonly problem: 'url'; readonly why: 'algorithm' | 'missing' | 'date' | 'expires' }
  | { readonly problem: 'url-expired'; readonly at: number; readonly now: number; readonly expires: number }
  | { readonly problem: 'url-early'; readonly at: number; readonly now: number }
  | { readonly problem: 'skewed'; readonly time: string; readonly at: number; readonly now: number }
  | { readonly problem: 'unknown-key'; readonly accessKey: string }
  | { readonly problem: 'bad-token'; readonly token: string }
  | { readonly problem: 'expired-token'; readonly token: string }
  | { readonly problem: 'unsigned-headers'; readonly names: readonly string[] }
  | { readonly problem: 'no-payload-hash' }
  | {
      readonly problem: 'mismatch';
      readonly accessKey: string;
      readonly given: string;
      readonly stringToSign: string;
      readonly canonical: string;
    };

/** Clocks may differ by this much, in milliseconds: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const MAX_SKEW = 15 * 60 * 1000;
