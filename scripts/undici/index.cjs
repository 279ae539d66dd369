// Stands in the place of undici in our bundles, of which it would be a fifth. Node has it within: this is its `fetch`.
// The toolkit makes a ProxyAgent as soon as it is loaded where a proxy is set, and would hand it to that `fetch`. Our
// requests have a `fetch` of their own (src/runtime/network-fetch.ts) that finds the proxy by itself, so nothing is behind
// it.
exports.fetch = (...request) => globalThis.fetch(...request);
exports.ProxyAgent = class ProxyAgent {};
