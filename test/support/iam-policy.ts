// The policies of GitHub's roles as Terraform evaluates infra/terraform: statements, and what IAM would say of a request.
import { type Resource, startTerraform } from './terraform.ts';
import { environment, type Target, testFile } from './terraform-environment.ts';

export type { Target } from './terraform-environment.ts';
export type Role = 'deploy' | 'rollback' | 'plan' | 'build' | 'preview';
export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}
export interface RolePolicies {
  readonly statements: Readonly<Record<Role, readonly Statement[]>>;
  /** Values of `sub` that each role trusts. */
  readonly subjects: Readonly<Record<Role, readonly string[]>>;
}

const roleOf = (resource: Resource): Role => /\["(\w+)"\]$/.exec(resource.address)?.[1] as Role;

function policiesIn(resources: readonly Resource[]): RolePolicies {
  const of = (type: string) =>
    resources.filter((one) => one.type === type && one.address.includes('module.github'));
  const statements = of('aws_iam_role_policy').map((one) => [
    roleOf(one),
    (JSON.parse(String(one.values['policy'])) as { Statement: Statement[] }).Statement,
  ]);
  const subjects = of('aws_iam_role').map((one) => {
    const { Statement } = JSON.parse(String(one.values['assume_role_policy'])) as { Statement: Statement[] };
    return [
      roleOf(one),
      Statement[0]?.Condition?.['StringEquals']?.['token.actions.githubusercontent.com:sub'],
    ];
  });
  return { statements: Object.fromEntries(statements), subjects: Object.fromEntries(subjects) };
}

const known = new Map<Target, Promise<RolePolicies>>();

/** The roles for a service on `target`, with a site, secrets and previews. Needs Terraform. */
export function rolePolicies(target: Target): Promise<RolePolicies> {
  const found = known.get(target) ?? evaluate(target);
  known.set(target, found);
  return found;
}

async function evaluate(target: Target): Promise<RolePolicies> {
  const lab = await startTerraform();
  try {
    const variables = { ...environment(target), preview_domain: 'preview.example.com', zone_id: 'Z1' };
    const runs = await lab.test('modules/environment', {
      roles: testFile(variables, ['make', 'apply']),
    });
    const run = runs.get('roles/make');
    if (run?.status !== 'pass') throw new Error(run?.problems.join('\n') ?? 'Terraform did not run');
    return policiesIn(run.resources);
  } finally {
    await lab.stop();
  }
}

/** `*` and `?`, as IAM matches: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html */
export function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}

/** Whether a statement lets a request through. A condition whose key the request does not carry does not hold. */
export function allows(
  statements: readonly Statement[],
  action: string,
  resource: string,
  context: Readonly<Record<string, string>> = {},
): boolean {
  return statements.some(
    (one) =>
      one.Effect === 'Allow' &&
      one.Action.some((pattern) => matches(pattern, action)) &&
      one.Resource.some((pattern) => matches(pattern, resource)) &&
      Object.values(one.Condition ?? {}).every((keys) =>
        Object.entries(keys).every(([key, values]) =>
          [values].flat().some((value) => context[key] !== undefined && matches(value, context[key] ?? '')),
        ),
      ),
  );
}

/** The IAM actions that a role is granted at all. */
export const actionsOf = (statements: readonly Statement[]): ReadonlySet<string> =>
  new Set(statements.flatMap(({ Action }) => Action));
