/** The one account that there is: everything here is its own, and nothing of another's is here. */
export const ACCOUNT = '000000000000';
