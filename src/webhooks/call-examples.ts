/** The first call written down for those who send it: the curl line that people of the field know, and the same in a few languages. */

export interface CodeExample {
  readonly name: string;
  readonly code: string;
}

const BODY = `{
       "firstname": "Oauth",
       "email": "oauth2@e-village.nl"
      }`;

/** Complete but for the access token. The endpoint is made of a configured URL and an id, so it needs no quoting. */
export function callExamples(endpoint: string): readonly CodeExample[] {
  return [
    { name: "curl", code: curl(endpoint) },
    { name: "JavaScript", code: javaScript(endpoint) },
    { name: "Python", code: python(endpoint) },
    { name: "PHP", code: php(endpoint) },
  ];
}

function curl(endpoint: string): string {
  return `curl --location --request POST '${endpoint}' \\
     --header 'Authorization: Bearer {Access Token}' \\
     --header 'Content-Type: application/json' \\
     --data-raw '${BODY}'`;
}

function javaScript(endpoint: string): string {
  return `const response = await fetch("${endpoint}", {
  method: "POST",
  headers: { Authorization: \`Bearer \${accessToken}\`, "Content-Type": "application/json" },
  body: JSON.stringify({ firstname: "Oauth", email: "oauth2@e-village.nl" }),
});
console.log(response.status, await response.json());`;
}

function python(endpoint: string): string {
  return `import requests

response = requests.post(
    "${endpoint}",
    headers={"Authorization": f"Bearer {access_token}"},
    json={"firstname": "Oauth", "email": "oauth2@e-village.nl"},
)
print(response.status_code, response.json())`;
}

function php(endpoint: string): string {
  return `$request = curl_init('${endpoint}');
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => ["Authorization: Bearer $accessToken", 'Content-Type: application/json'],
    CURLOPT_POSTFIELDS => json_encode(['firstname' => 'Oauth', 'email' => 'oauth2@e-village.nl']),
]);
echo curl_exec($request);`;
}
