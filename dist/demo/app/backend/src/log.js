const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'];

/** One JSON object a line, on standard output: what CloudWatch Logs can query by field. */
export function createLog(level, write = (line) => process.stdout.write(line)) {
  const at = (name) => (message, fields) => {
    if (LEVELS.indexOf(name) < LEVELS.indexOf(level)) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level: name, message, ...fields })}\n`);
  };
  return { debug: at('DEBUG'), info: at('INFO'), warning: at('WARNING'), error: at('ERROR') };
}
