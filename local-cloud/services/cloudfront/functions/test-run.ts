import { CloudFault } from '../../../core/service.ts';
import { text } from '../../../core/xml.ts';
import { type Call, ok } from '../call.ts';
import { bodyOf } from '../document.ts';
import type { FunctionEvent } from './event.ts';
import { versionOf } from './model.ts';
import { stageOf, summary } from './operations.ts';
import { readResult } from './result.ts';
import { type Ran, runFunction } from './run.ts';

/** Milliseconds of CloudFront's own limit, of which a test tells how many of a hundred were used. */
const AWS_LIMIT = 1;

const eventFault = (why: string) => new CloudFault('InvalidArgument', `The event object ${why}.`, 400);

/** @throws CloudFault InvalidArgument */
function eventOf(base64: string): FunctionEvent {
  let event: Partial<FunctionEvent>;
  try {
    event = JSON.parse(Buffer.from(base64, 'base64').toString('utf8')) as Partial<FunctionEvent>;
  } catch {
    throw eventFault('is no JSON');
  }
  if (event.version !== '1.0' || !event.request || !event.context?.eventType)
    throw eventFault('needs "version": "1.0", a context with an eventType, and a request');
  return event as FunctionEvent;
}

function outcomeOf(event: FunctionEvent, ran: Ran): { output: string; error: string } {
  if (ran.error !== undefined) return { output: '', error: ran.error };
  const result = readResult(event, ran.output);
  if (result.kind === 'invalid')
    return { output: '', error: `The function's result is invalid: ${result.why}` };
  const returned = result.kind === 'request' ? { request: result.request } : { response: result.response };
  return { output: JSON.stringify(returned), error: '' };
}

/** Runs a stage on an event, away from any distribution: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_TestFunction.html */
export async function testFunction(call: Call) {
  const found = call.state.function(call.id);
  const body = await bodyOf(call.request, 'TestFunctionRequest');
  const stage = stageOf(text(body, 'Stage'));
  const version = versionOf(found, stage);
  if (call.request.headers['if-match']?.replaceAll('"', '') !== version.etag)
    throw new CloudFault('InvalidIfMatchVersion', 'The If-Match version is missing or not valid.', 400);
  const event = eventOf(text(body, 'EventObject') ?? '');
  const ran = runFunction(version.code, event);
  const { output, error } = outcomeOf(event, ran);
  return ok('TestResult', {
    FunctionSummary: summary(call, found, stage),
    ComputeUtilization: String(Math.min(100, Math.ceil((ran.took / AWS_LIMIT) * 100))),
    FunctionExecutionLogs: { member: ran.logs },
    FunctionErrorMessage: error,
    FunctionOutput: output,
  });
}
