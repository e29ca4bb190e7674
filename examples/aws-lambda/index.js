// An AWS Lambda function behind a function URL: the event becomes a Request, the Response becomes its result.
// Payload format 2.0: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
import { createHandler } from 'camwasm/server';

// An invocation takes and answers 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), with
// bodies as base64, which is 4/3 of their size, and headers beside them.
const MAX_BYTES = 4.4e6;

// Created once per function instance, which handles one request at a time. template.yaml gives it the memory for 4 million
// pixels, and twice the time: the other half is for loading the model.
const { fetch } = createHandler({ limits: { bytes: MAX_BYTES, pixels: 4e6, batch: 16, waiting: 1, seconds: 30 } });

export async function handler(event) {
  const response = await answer(event);
  const body = Buffer.from(await response.arrayBuffer());
  if (body.length > MAX_BYTES) {
    const detail = `The answer has ${(body.length / 1e6).toFixed(1)} MB, and ${MAX_BYTES / 1e6} MB can be sent. Ask for JPEG or "raw", or send a smaller image.`;
    return resultOf(problem(413, 'Too large', 'TOO_LARGE', detail));
  }
  return resultOf(response, body);
}

async function resultOf(response, body) {
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: (body ?? Buffer.from(await response.arrayBuffer())).toString('base64'),
    isBase64Encoded: true,
  };
}

async function answer(event) {
  try {
    return await fetch(requestOf(event));
  } catch (error) {
    // TRACE, which a Request does not allow
    return problem(400, 'Bad request', 'BAD_REQUEST', error.message);
  }
}

/** RFC 9457, like the handler's own errors. */
const problem = (status, title, code, detail) =>
  Response.json(
    { type: 'about:blank', title, status, detail, code },
    { status, headers: { 'content-type': 'application/problem+json' } },
  );

function requestOf({ requestContext, rawPath, rawQueryString, headers, body, isBase64Encoded }) {
  const { method } = requestContext.http;
  const hasBody = body && method !== 'GET' && method !== 'HEAD';
  return new Request(`https://${requestContext.domainName}${rawPath}?${rawQueryString}`, {
    method,
    headers,
    body: hasBody ? Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') : undefined,
  });
}
