"""Tables of DynamoDB Local, and a Kaiwa beside them."""

import uuid

import boto3

KEYS = {"AWS_ACCESS_KEY_ID": "kaiwatest", "AWS_SECRET_ACCESS_KEY": "secret"}
REGION = "us-east-1"


class Tables:
    """A client, with names of this test's own."""

    def __init__(self, url: str, moto=None):
        """Of moto where it is given, which knows its callers; else of a DynamoDB Local."""
        self.url = url
        self.client = moto.client("dynamodb") if moto else boto3.client(
            "dynamodb", endpoint_url=url, region_name=REGION, aws_access_key_id="kaiwatest", aws_secret_access_key="secret")
        self.suffix = uuid.uuid4().hex[:12]

    def name(self, base: str) -> str:
        return f"{base}-{self.suffix}"

    def make(self, base: str, key: str, sort: str | None = None) -> str:
        keys = [{"AttributeName": key, "KeyType": "HASH"}]
        keys += [{"AttributeName": sort, "KeyType": "RANGE"}] if sort else []
        attributes = [{"AttributeName": each["AttributeName"], "AttributeType": "S"} for each in keys]
        self.client.create_table(TableName=self.name(base), KeySchema=keys, AttributeDefinitions=attributes,
                                 BillingMode="PAY_PER_REQUEST")
        return self.name(base)

    def make_chainlit(self, base: str) -> str:
        """A table of Chainlit's data layer, as its documentation has it."""
        keys = ("PK", "SK", "UserThreadPK", "UserThreadSK")
        index = {"IndexName": "UserThread", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["id", "name"]},
                 "KeySchema": [{"AttributeName": "UserThreadPK", "KeyType": "HASH"}, {"AttributeName": "UserThreadSK", "KeyType": "RANGE"}]}
        self.client.create_table(
            TableName=self.name(base), BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=[index],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys])
        return self.name(base)

    def put(self, table: str, *items: dict) -> None:
        for item in items:
            self.client.put_item(TableName=table, Item=item)

    def get(self, table: str, **key: str) -> dict | None:
        found = self.client.get_item(TableName=table, Key={name: {"S": value} for name, value in key.items()},
                                     ConsistentRead=True)
        return found.get("Item")

    def place(self) -> dict[str, str]:
        """Where DynamoDB is, for Kaiwa."""
        return {"KAIWA_STORE__DYNAMODB__ENDPOINT": self.url, "KAIWA_STORE__DYNAMODB__REGION": REGION} | KEYS

    def store(self) -> dict[str, str]:
        """A store of its own there, made when it is first used."""
        return self.place() | {
            "KAIWA_STORE__KIND": "dynamodb",
            "KAIWA_STORE__DYNAMODB__TABLE": self.name("chats"),
            "KAIWA_STORE__DYNAMODB__USER_TABLE": self.name("users"),
            "KAIWA_STORE__DYNAMODB__CREATE_TABLES": "true",
            "KAIWA_SECRET": "a secret of at least thirty-two characters",
        }
