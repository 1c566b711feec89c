import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

type Resource = { Type: string; Properties: Record<string, any> };

/** The resources of a template that `tools/deploy_check.sh` made. */
function resources(stack: string, folder = "defaults"): Resource[] {
  const template: unknown = JSON.parse(readFileSync(`build/${folder}/${stack}.template.json`, "utf8"));
  return Object.values((template as { Resources: Record<string, Resource> }).Resources);
}
const of = (all: Resource[], type: string) => all.filter((resource) => resource.Type === type).map((resource) => resource.Properties);
const only = (all: Resource[], type: string) => {
  const found = of(all, type);
  assert.equal(found.length, 1, type);
  return found[0]!;
};

test("Fargate has the figures of the system that it replaces", () => {
  const all = resources("KaiwaFargate");
  const task = only(all, "AWS::ECS::TaskDefinition");
  assert.deepEqual([task["Cpu"], task["Memory"]], ["256", "512"]);
  assert.equal(task["ContainerDefinitions"][0].ReadonlyRootFilesystem, true);

  const service = only(all, "AWS::ECS::Service");
  assert.equal(service["NetworkConfiguration"].AwsvpcConfiguration.AssignPublicIp, "DISABLED");
  assert.equal(service["HealthCheckGracePeriodSeconds"], 60);
  const rollout = service["DeploymentConfiguration"];
  assert.deepEqual(rollout.DeploymentCircuitBreaker, { Enable: true, Rollback: true });
  assert.deepEqual([rollout.MinimumHealthyPercent, rollout.MaximumPercent], [100, 200]);

  const target = only(all, "AWS::ElasticLoadBalancingV2::TargetGroup");
  assert.equal(target["Port"], 8080);
  assert.deepEqual(
    ["HealthCheckPath", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount"].map((key) => target[key]),
    ["/", 30, 5, 2, 2],
  );
  const range = only(all, "AWS::ApplicationAutoScaling::ScalableTarget");
  assert.deepEqual([range["MinCapacity"], range["MaxCapacity"]], [1, 5]);
  const policy = only(all, "AWS::ApplicationAutoScaling::ScalingPolicy")["TargetTrackingScalingPolicyConfiguration"];
  assert.deepEqual([policy.TargetValue, policy.ScaleOutCooldown, policy.ScaleInCooldown], [70, 60, 300]);
});

test("Fargate's network has no way out and lets in the company only", () => {
  const all = resources("KaiwaFargate");
  for (const type of ["AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP"]) assert.deepEqual(of(all, type), []);
  assert.equal(only(all, "AWS::ElasticLoadBalancingV2::LoadBalancer")["Scheme"], "internal");
  const entrances = of(all, "AWS::EC2::SecurityGroup").flatMap((group) => group["SecurityGroupIngress"] ?? []);
  assert.ok(entrances.every((rule) => rule.CidrIp !== "0.0.0.0/0"), JSON.stringify(entrances));
  assert.ok(of(all, "AWS::EC2::VPCEndpoint").length >= 9);
});

test("Fargate answers under the name that people open", () => {
  const address = (folder: string) => {
    const variables: { Name: string; Value: unknown }[] = only(resources("KaiwaFargate", folder), "AWS::ECS::TaskDefinition")["ContainerDefinitions"][0].Environment;
    return JSON.stringify(variables.find((variable) => variable.Name === "KAIWA_SERVER__PUBLIC_URL")?.Value);
  };
  assert.match(address("defaults"), /"http:\/\/".*"Balancer[0-9A-F]+","DNSName"/);
  assert.equal(address("choices"), '"https://chat.example.com"');
});

test("Fargate's closed network refuses models of another region", () => {
  const told = (folder: string) => readFileSync(`build/${folder}/KaiwaFargate.metadata.json`, "utf8").includes("endpoints in its own region only");
  assert.ok(told("choices"));
  assert.ok(!told("defaults"));
});

test("no template holds a secret, and no task reads one but its own", () => {
  for (const stack of ["KaiwaServer", "KaiwaFunctionUrl", "KaiwaCloudFront", "KaiwaFargate"]) {
    const all = resources(stack);
    const text = JSON.stringify(all);
    assert.ok(text.includes("secret:aws-secret:"), stack);
    assert.ok(!text.includes("{{resolve:"), stack);
    for (const policy of of(all, "AWS::IAM::Policy")) {
      for (const statement of policy["PolicyDocument"].Statement) {
        if (JSON.stringify(statement.Action).includes("secretsmanager:")) assert.notEqual(statement.Resource, "*", stack);
      }
    }
  }
});

test("a table of another system is shared where it is named, and item by item", () => {
  for (const [stack, name, variable, actions] of [
    ["KaiwaFunctionUrl", "ChatMessageHistory", "KAIWA_COMPAT__HISTORY_TABLE", ["dynamodb:GetItem", "dynamodb:UpdateItem"]],
    ["KaiwaCloudFront", "UserRoles", "KAIWA_COMPAT__GPTGRAM__ROLES_TABLE", ["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]],
  ] as const) {
    const statements = (folder: string) =>
      of(resources(stack, folder), "AWS::IAM::Policy")
        .flatMap((policy) => policy["PolicyDocument"].Statement)
        .filter((statement) => JSON.stringify(statement.Resource).includes(`:table/${name}`));
    assert.deepEqual(statements("choices").map((statement) => statement.Action), [actions], stack);
    assert.deepEqual(statements("defaults"), [], stack);
    assert.ok(JSON.stringify(resources(stack, "choices")).includes(`"${variable}":"${name}"`), stack);
    assert.ok(!JSON.stringify(resources(stack)).includes(variable), stack);
  }
});

test("files lie in a private bucket that takes back what was never finished", () => {
  for (const stack of ["KaiwaServer", "KaiwaFunctionUrl", "KaiwaCloudFront", "KaiwaFargate"]) {
    const all = resources(stack);
    const files = of(all, "AWS::S3::Bucket").filter(
      (bucket) => bucket["LifecycleConfiguration"]?.Rules[0].AbortIncompleteMultipartUpload?.DaysAfterInitiation === 1,
    );
    assert.equal(files.length, 1, stack);
    assert.equal(files[0]?.["PublicAccessBlockConfiguration"].RestrictPublicBuckets, true);
    assert.ok(JSON.stringify(all).includes("KAIWA_FILES__S3__BUCKET"), stack);
  }
});

test("the tables have Chainlit's keys and index, unless existing ones are named", () => {
  const tables = of(resources("KaiwaFunctionUrl"), "AWS::DynamoDB::Table");
  const chats = tables.find((table) => table["GlobalSecondaryIndexes"]);
  assert.deepEqual(chats?.["KeySchema"], [{ AttributeName: "PK", KeyType: "HASH" }, { AttributeName: "SK", KeyType: "RANGE" }]);
  assert.equal(chats?.["GlobalSecondaryIndexes"][0].IndexName, "UserThread");
  assert.deepEqual(of(resources("KaiwaFunctionUrl", "choices"), "AWS::DynamoDB::Table"), []);
});

test("what is past its time goes by itself", () => {
  for (const stack of ["KaiwaFunctionUrl", "KaiwaCloudFront"]) {
    const rule = only(resources(stack), "AWS::Events::Rule");
    assert.equal(rule["ScheduleExpression"], "rate(1 hour)");
    assert.equal(rule["Targets"][0].Input, '{"kaiwa":"clean"}');
  }
  for (const stack of ["KaiwaServer", "KaiwaFunctionUrl", "KaiwaCloudFront", "KaiwaFargate"]) {
    const chats = of(resources(stack), "AWS::DynamoDB::Table").find((table) => table["GlobalSecondaryIndexes"]);
    assert.deepEqual(chats?.["TimeToLiveSpecification"], { AttributeName: "kaiwaExpires", Enabled: true });
  }
});

test("a function serves at most as many at once as was said", () => {
  assert.equal(only(resources("KaiwaFunctionUrl", "choices"), "AWS::Lambda::Function")["ReservedConcurrentExecutions"], 20);
  assert.equal(only(resources("KaiwaFunctionUrl"), "AWS::Lambda::Function")["ReservedConcurrentExecutions"], undefined);
});

test("answers stream from the function to the reader", () => {
  assert.equal(only(resources("KaiwaFunctionUrl"), "AWS::Lambda::Url")["InvokeMode"], "RESPONSE_STREAM");
  assert.equal(only(resources("KaiwaFunctionUrl", "choices"), "AWS::Lambda::Url")["AuthType"], "AWS_IAM");
  for (const method of of(resources("KaiwaCloudFront"), "AWS::ApiGateway::Method")) {
    assert.equal(method["Integration"].ResponseTransferMode, "STREAM");
  }
});

test("a new version is another instance", () => {
  const folder = "build/defaults";
  const template = JSON.parse(readFileSync(`${folder}/KaiwaServer.template.json`, "utf8"));
  const ids = Object.entries<Resource>(template.Resources).filter(([, resource]) => resource.Type === "AWS::EC2::Instance").map(([id]) => id);
  // The id of the resource has the hash of what is installed in it.
  assert.equal(ids.length, 1);
  assert.match(ids[0]!, /[0-9a-f]{16}$/);
});

test("the instance is reached through Systems Manager only", () => {
  const all = resources("KaiwaServer");
  const groups = of(all, "AWS::EC2::SecurityGroup").flatMap((group) => group["SecurityGroupIngress"] ?? []);
  assert.deepEqual(groups, []);
  assert.deepEqual(of(all, "AWS::EC2::SecurityGroupIngress"), []);
  assert.ok(JSON.stringify(of(all, "AWS::IAM::Role")).includes("AmazonSSMManagedInstanceCore"));
});
