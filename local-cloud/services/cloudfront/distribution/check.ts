import type { XmlNode } from '../../../core/xml.ts';
import { ownershipOf } from '../../s3/acl.ts';
import { readConfig } from '../config.ts';
import { checkAssociations } from '../functions/associations.ts';
import type { CloudFrontState } from '../state.ts';
import { checkBehaviors } from './check-behaviors.ts';
import { aliasesOf, checkNames } from './check-names.ts';
import { checkOrigins } from './check-origins.ts';
import { checkErrorResponses, checkGeography, checkLogging, checkPlain } from './check-rest.ts';

/**
 * Holds a configuration against itself and against what is there.
 * @param given along the model, before the defaults
 * @param own id of the distribution that it is to be of; none where it is to be made
 * @throws CloudFault CloudFront's own code for what is wrong
 */
export function checkConfig(state: CloudFrontState, given: XmlNode, own?: string): void {
  checkPlain(given);
  checkOrigins(given, (id) => state.accessControls.has(id));
  checkBehaviors(given);
  checkErrorResponses(given);
  checkGeography(given);
  checkAssociations(readConfig(given).behaviors, (arn) => state.liveCode(arn) !== undefined);
  checkLogging(given, (name) => {
    const bucket = state.store.buckets.get(name);
    if (!bucket) return 'missing';
    return ownershipOf(bucket) === 'BucketOwnerEnforced' ? 'without-acls' : 'with-acls';
  });
  const others = [...state.distributions.values()].filter((one) => one.id !== own);
  const taken = new Set(others.flatMap((one) => aliasesOf(one.document).map((name) => name.toLowerCase())));
  checkNames(
    given,
    (arn) => state.certificates.get(arn),
    (alias) => taken.has(alias),
  );
}
