// An AWS Lambda function behind a function URL: the event becomes a Request, the Response becomes its result.
// Payload format 2.0: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
import { createHandler } from 'camwasm/server';

// Made once for each instance of the function, which answers one request at a time.
// A function URL takes and gives 6 MB at most, pictures as base64.
const { fetch } = createHandler({ limits: { bytes: 4.4e6, pixels: 4e6, waiting: 1 } });

export async function handler(event) {
  const { requestContext, rawPath, rawQueryString, headers, body, isBase64Encoded } = event;
  const request = new Request(`https://${requestContext.domainName}${rawPath}?${rawQueryString}`, {
    method: requestContext.http.method,
    headers,
    body: body === undefined ? undefined : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  });
  const response = await fetch(request);
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
    isBase64Encoded: true,
  };
}
