"""The smallest Chainlit app that does what a turn of Kaiwa does: sign-in, history in SQLite, a streamed
answer. Started by bench/peers/measure_chainlit.py, which sets the environment."""

import os

import chainlit as cl
from chainlit.data.sql_alchemy import SQLAlchemyDataLayer
from openai import AsyncOpenAI

model = AsyncOpenAI(base_url=os.environ["BENCH_MODEL_URL"], api_key="none")


@cl.data_layer
def data_layer():
    return SQLAlchemyDataLayer(conninfo=os.environ["BENCH_DATABASE"])


@cl.password_auth_callback
async def sign_in(username: str, password: str):
    return cl.User(identifier=username) if password == os.environ["BENCH_PASSWORD"] else None


@cl.on_message
async def answer(_: cl.Message):
    reply = cl.Message(content="")
    stream = await model.chat.completions.create(model=os.environ["BENCH_MODEL"], stream=True, messages=cl.chat_context.to_openai())
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            await reply.stream_token(chunk.choices[0].delta.content)
    await reply.send()
