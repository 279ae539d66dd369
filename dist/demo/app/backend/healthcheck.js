// The container's own health check. `curl` is not in a slim image; the runtime is.
const port = process.env.PORT ?? 8000;
fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2500) }).then(
  (answer) => process.exit(answer.ok ? 0 : 1),
  () => process.exit(1),
);
