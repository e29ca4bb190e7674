// An AWS Lambda function behind a function URL: the event becomes a Request, the Response becomes its result.
// Payload format 2.0: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
import { createHandler } from 'camwasm/server';

// Created once per function instance, which handles one request at a time.
// Function URLs allow 6 MB per request and response, with images as base64.
const { fetch } = createHandler({ limits: { bytes: 4.4e6, pixels: 4e6, waiting: 1 } });

export async function handler(event) {
  const response = await answer(event);
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
    isBase64Encoded: true,
  };
}

async function answer(event) {
  try {
    return await fetch(requestOf(event));
  } catch (error) {
    // TRACE, which a Request does not allow
    const problem = { type: 'about:blank', title: 'Bad request', status: 400, detail: error.message, code: 'BAD_REQUEST' };
    return Response.json(problem, { status: 400, headers: { 'content-type': 'application/problem+json' } });
  }
}

function requestOf({ requestContext, rawPath, rawQueryString, headers, body, isBase64Encoded }) {
  const { method } = requestContext.http;
  const hasBody = body && method !== 'GET' && method !== 'HEAD';
  return new Request(`https://${requestContext.domainName}${rawPath}?${rawQueryString}`, {
    method,
    headers,
    body: hasBody ? Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') : undefined,
  });
}
