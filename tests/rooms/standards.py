"""The small data standard that tests adopt, with the fields they need."""

from __future__ import annotations

HEAD = """
apiVersion: v3.1.0
kind: DataContract
id: trial
name: Trial
version: 1.0.0
status: active
schema:
  - name: trial
    logicalType: object
"""
CODE = "{name: code, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}"


def trial_standard(*fields: str, description: str = "") -> str:
    """An Open Data Contract with the key `code` and these further fields, each as YAML."""
    about = f"    description: {description}\n" if description else ""
    properties = "".join(f"      - {field}\n" for field in (CODE, *fields))
    return f"{HEAD}{about}    properties:\n{properties}"
