/** What a webhook's HTTP status says, in client-go's words. */
export function statusText(code: number, body: string): string {
  switch (code) {
    case 400:
      return "the server rejected our request for an unknown reason";
    case 401:
      return "the server has asked for the client to provide credentials";
    case 404:
      return "the server could not find the requested resource";
    case 405:
      return "the server does not allow this method on the requested resource";
    case 503:
      return "the server is currently unable to handle the request";
    default:
      return code >= 500
        ? `an error on the server (${JSON.stringify(body || "unknown")}) has prevented the request from succeeding`
        : `the server responded with the status code ${code} but did not return more details`;
  }
}
