import { type Finding, ok, wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';

/** Plain variables are readable by everyone who may describe the service. */
export const variables: Check = {
  id: 'variables',
  title: 'Environment variables',
  applies: (config) => Object.keys(config.variables).length > 0,
  run: async ({ variables: given }) => judgeVariables(given),
};

const SECRET_NAME = /(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY)$/i;
const PASSWORD_IN_ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i;

/** Pure. A value is never part of a finding. */
export function judgeVariables(given: Readonly<Record<string, string>>): Finding[] {
  const exposed = Object.entries(given).filter(
    ([name, value]) => value !== '' && (SECRET_NAME.test(name) || PASSWORD_IN_ADDRESS.test(value)),
  );
  const plain = Object.keys(given).length - exposed.length;
  return [
    ...(plain > 0 ? [ok(`${plain} plain ${plain === 1 ? 'variable' : 'variables'}`)] : []),
    ...exposed.map(([name]) =>
      wrong(
        `${name} holds a password or a key in plain text, for everyone who may describe the service`,
        `put it into Secrets Manager and refer to it: ${name}=\${SECRETS_MANAGER:${name.toLowerCase()}}`,
      ),
    ),
  ];
}
