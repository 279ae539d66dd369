import { CloudFault } from '../../core/service.ts';
import { child, text, type XmlNode, type XmlValue } from '../../core/xml.ts';
import { type Call, ok, page } from './call.ts';
import { bodyOf } from './document.ts';
import { items } from './items.ts';
import { type AccessControl, checkVersion, newId } from './model.ts';

const config = (control: AccessControl) => control.document as { [name: string]: XmlValue };

function found({ state, id }: Call): AccessControl {
  const control = state.accessControls.get(id);
  if (!control)
    throw new CloudFault('NoSuchOriginAccessControl', 'The origin access control does not exist.', 404);
  return control;
}

/** @throws CloudFault InvalidArgument, and what the model refuses */
async function bodyConfig({ request }: Call): Promise<XmlNode> {
  const document = await bodyOf(request, 'OriginAccessControlConfig');
  if (!/^.{1,64}$/.test(text(document, 'Name') ?? ''))
    throw new CloudFault('InvalidArgument', 'The parameter Name must have 1 to 64 characters.', 400);
  if (text(document, 'OriginAccessControlOriginType') !== 's3')
    throw new CloudFault('UnsupportedOperation', 'The local cloud has access controls for S3 alone.', 400);
  return { Description: '', ...(document as { [name: string]: XmlNode }) };
}

/** @throws CloudFault OriginAccessControlAlreadyExists */
export async function createAccessControl(call: Call) {
  const document = await bodyConfig(call);
  const { accessControls } = call.state;
  if ([...accessControls.values()].some((c) => text(c.document, 'Name') === text(document, 'Name'))) {
    throw new CloudFault(
      'OriginAccessControlAlreadyExists',
      'An origin access control with this name already exists.',
      409,
    );
  }
  const control: AccessControl = { id: newId(), etag: newId(), document };
  accessControls.set(control.id, control);
  return ok('OriginAccessControl', { Id: control.id, OriginAccessControlConfig: config(control) }, 201, {
    etag: control.etag,
    location: `https://cloudfront.amazonaws.com/2020-05-31/origin-access-control/${control.id}`,
  });
}

export function getAccessControl(call: Call) {
  const control = found(call);
  return ok('OriginAccessControl', { Id: control.id, OriginAccessControlConfig: config(control) }, 200, {
    etag: control.etag,
  });
}

export function listAccessControls({ state, request }: Call) {
  return ok(
    'OriginAccessControlList',
    page(
      request.query,
      [...state.accessControls.values()],
      (c) => c.id,
      'OriginAccessControlSummary',
      (c) => ({
        Id: c.id,
        ...config(c),
      }),
    ),
  );
}

export function deleteAccessControl(call: Call) {
  const control = found(call);
  checkVersion(call.request, control.etag);
  const uses = (document: XmlNode) =>
    items(child(document, 'Origins'), 'Origin').some(
      (origin) => text(origin, 'OriginAccessControlId') === control.id,
    );
  const used = [...call.state.distributions.values()].some((one) => uses(one.document));
  if (used) throw new CloudFault('OriginAccessControlInUse', 'The origin access control is in use.', 409);
  call.state.accessControls.delete(control.id);
  return { status: 204 };
}
