#!/usr/bin/env bash
# Proves with LangChain's own DynamoDB history that both programs work on one table. Last line: "N passed, M failed".
exec "$(dirname "$0")/../python_proof.sh" langchain "$@"
