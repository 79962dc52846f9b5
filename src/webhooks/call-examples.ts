/** The first call written down for those who send it: the curl line that people of the field know, and the same in a few languages. */

export interface CodeExample {
  readonly name: string;
  readonly code: string;
}

const BODY = `{
       "firstname": "Oauth",
       "email": "oauth2@e-village.nl"
      }`;

/** The value of the `Authorization` header as each language writes it. */
interface Authorization {
  readonly curl: string;
  readonly javaScript: string;
  readonly python: string;
  readonly php: string;
}

/** Complete but for the access token, which programs get anew each hour. */
export function bearerExamples(endpoint: string): readonly CodeExample[] {
  return callExamples(endpoint, {
    curl: "Bearer {Access Token}",
    javaScript: "`Bearer ${accessToken}`",
    python: 'f"Bearer {access_token}"',
    php: '"Authorization: Bearer $accessToken"',
  });
}

/** With a fixed value, which has no character that any of the languages would read as its own. */
export function literalExamples(endpoint: string, value: string): readonly CodeExample[] {
  return callExamples(endpoint, { curl: value, javaScript: `"${value}"`, python: `"${value}"`, php: `'Authorization: ${value}'` });
}

/** The endpoint is made of a configured URL and an id, so it needs no quoting. */
function callExamples(endpoint: string, authorization: Authorization): readonly CodeExample[] {
  return [
    { name: "curl", code: curl(endpoint, authorization) },
    { name: "JavaScript", code: javaScript(endpoint, authorization) },
    { name: "Python", code: python(endpoint, authorization) },
    { name: "PHP", code: php(endpoint, authorization) },
  ];
}

function curl(endpoint: string, authorization: Authorization): string {
  return `curl --location --request POST '${endpoint}' \\
     --header 'Authorization: ${authorization.curl}' \\
     --header 'Content-Type: application/json' \\
     --data-raw '${BODY}'`;
}

function javaScript(endpoint: string, authorization: Authorization): string {
  return `const response = await fetch("${endpoint}", {
  method: "POST",
  headers: { Authorization: ${authorization.javaScript}, "Content-Type": "application/json" },
  body: JSON.stringify({ firstname: "Oauth", email: "oauth2@e-village.nl" }),
});
console.log(response.status, await response.json());`;
}

function python(endpoint: string, authorization: Authorization): string {
  return `import requests

response = requests.post(
    "${endpoint}",
    headers={"Authorization": ${authorization.python}},
    json={"firstname": "Oauth", "email": "oauth2@e-village.nl"},
)
print(response.status_code, response.json())`;
}

function php(endpoint: string, authorization: Authorization): string {
  return `$request = curl_init('${endpoint}');
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => [${authorization.php}, 'Content-Type: application/json'],
    CURLOPT_POSTFIELDS => json_encode(['firstname' => 'Oauth', 'email' => 'oauth2@e-village.nl']),
]);
echo curl_exec($request);`;
}
