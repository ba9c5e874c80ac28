"""What tests do with a bucket beside hoso, through botocore. Usage: s3.py ENDPOINT ACTION BUCKET [ARGUMENT...]"""

import os
import sys

import botocore.session
from botocore.config import Config

endpoint, action, bucket, *rest = sys.argv[1:]
client = botocore.session.get_session().create_client(
    "s3", region_name="us-east-1", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"})
)


def keys():
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            yield entry["Key"]


if action == "download":
    for key in keys():
        path = os.path.join(rest[0], key)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(client.get_object(Bucket=bucket, Key=key)["Body"].read())
elif action == "put":
    with open(rest[1], "rb") as file:
        client.put_object(Bucket=bucket, Key=rest[0], Body=file.read())
elif action == "delete":
    client.delete_object(Bucket=bucket, Key=rest[0])
elif action == "list":
    print("\n".join(keys()))
else:
    sys.exit(f"unknown action {action}")
