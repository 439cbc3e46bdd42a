#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Calls the server as the npm packages `ollama` and `openai` do, and prints what each call gave.
//
// usage: node try_clients.mjs MODULES URL PHOTO [NO_PHOTO]
//
// MODULES is a node_modules folder with both packages, URL the server's address as its log prints
// it.  NO_PHOTO is a picture that is hardly a photo of anything.  Exits with 1 where a call fails
// that should not, or the captions differ.
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';

const [modules, address, photo, noPhoto] = process.argv.slice(2);
if (!photo) {
    console.error('usage: node try_clients.mjs MODULES URL PHOTO [NO_PHOTO]');
    process.exit(2);
}
const require = createRequire(path.resolve(modules, 'x'));
const {Ollama} = require('ollama');
const OpenAI = require('openai');
const url = address.replace(/\/$/, '');
const bytes = fs.readFileSync(photo);
const dataUrl = file => `data:image/jpeg;base64,${fs.readFileSync(file).toString('base64')}`;
const prompt = 'Describe this photo in one sentence.';
const shape = {
    type: 'object',
    properties: {title: {type: 'string'}, keywords: {type: 'array', items: {type: 'string'}}},
    required: ['title', 'keywords'],
    additionalProperties: false,
};

const captions = new Set();
let failed = 0;

/* Runs one call, and prints what it gave. */
async function attempt(name, call) {
    try {
        console.log(`${name}: ${await call()}`);
    } catch (error) {
        failed++;
        console.log(`${name}: FAILED: ${error.constructor.name}: ${error.message}`);
    }
}

/* A call that the server is to refuse. */
async function refused(name, status, call) {
    await attempt(name, async () => {
        try {
            await call();
        } catch (error) {
            const code = error.status_code ?? error.status;
            if (code !== status)
                throw error;
            return `refused with ${code}, ${error.constructor.name}: ${error.message}`;
        }
        throw new Error('was not refused');
    });
}

function caption(text) {
    captions.add(text);
    return JSON.stringify(text);
}

async function joined(stream, piece) {
    let text = '', count = 0;
    for await (const part of stream) {
        text += piece(part) ?? '';
        count++;
    }
    return `${caption(text)} in ${count} parts`;
}

async function tryOllama() {
    const client = new Ollama({host: url});
    const ask = {model: 'llava', prompt, images: [bytes]};
    const messages = [{role: 'user', content: prompt, images: [bytes]}];

    await attempt('ollama list', async () => (await client.list()).models.map(m => m.name));
    const [{name: model}] = (await client.list()).models;
    await attempt('ollama ps', async () => (await client.ps()).models.map(m => m.model));
    await attempt('ollama version', async () => (await client.version()).version);
    await attempt('ollama show', async () => (await client.show({model})).capabilities);
    await attempt('ollama pull', async () => (await client.pull({model})).status);
    await attempt('ollama load', async () => (await client.generate({model})).done_reason);
    await attempt('ollama generate', async () => {
        const answer = await client.generate(ask);
        return `${caption(answer.response)}, confidence ${answer.confidence}`;
    });
    await attempt('ollama generate, base64', async () => {
        const images = [bytes.toString('base64')];
        return caption((await client.generate({...ask, images})).response);
    });
    await attempt('ollama generate, stream', async () =>
        joined(await client.generate({...ask, stream: true}), part => part.response));
    await attempt('ollama generate, keywords', async () => {
        const answer = await client.generate({...ask, options: {keywords: 3, n: 2}});
        return JSON.stringify([answer.keywords, answer.alternatives]);
    });
    await attempt('ollama generate, schema', async () =>
        JSON.stringify(JSON.parse((await client.generate({...ask, format: shape})).response)));
    await attempt('ollama generate, json', async () =>
        JSON.stringify(JSON.parse((await client.generate({...ask, format: 'json'})).response)));
    await attempt('ollama chat', async () =>
        caption((await client.chat({model, messages})).message.content));
    await attempt('ollama chat, stream', async () =>
        joined(await client.chat({model, messages, stream: true}), part => part.message.content));
    await attempt('ollama chat, two photos', async () => {
        const two = [{...messages[0], images: [bytes, bytes]}];
        return JSON.stringify((await client.chat({model, messages: two})).message.content);
    });
    if (noPhoto)
        await attempt('ollama generate, no photo', async () => {
            const answer = await client.generate({model, images: [fs.readFileSync(noPhoto)]});
            return `${JSON.stringify(answer.response)}, not_a_photo ${answer.not_a_photo}`;
        });
    await refused('ollama show, unknown', 404, () => client.show({model: 'llava'}));
    await refused('ollama generate, no images', 400, () => client.generate({model, prompt}));
    await refused('ollama generate, no picture', 422, () =>
        client.generate({model, images: [Buffer.from('this is a text')]}));
    await refused('ollama embed', 404, () => client.embed({model, input: 'a'}));
    await refused('ollama delete', 404, () => client.delete({model}));
}

async function tryOpenAI() {
    const client = new OpenAI({baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0});
    const content = [{type: 'text', text: prompt},
                     {type: 'image_url', image_url: {url: dataUrl(photo)}}];
    const ask = {model: 'gpt-4o', messages: [{role: 'user', content}], max_tokens: 300};
    const input = [{role: 'user', content: [{type: 'input_text', text: prompt},
                                            {type: 'input_image', image_url: dataUrl(photo)}]}];
    const {data: [{id: model}]} = await client.models.list();

    await attempt('openai models.list', async () => (await client.models.list()).data.map(m => m.id));
    await attempt('openai models.retrieve', async () => (await client.models.retrieve(model)).id);
    await attempt('openai chat', async () => {
        const answer = await client.chat.completions.create(ask);
        const {message, finish_reason: reason} = answer.choices[0];
        return `${caption(message.content)}, ${reason}, ${answer.usage.total_tokens} tokens, ` +
               `confidence ${answer.confidence}`;
    });
    await attempt('openai chat, n', async () => {
        const answer = await client.chat.completions.create({...ask, n: 3});
        return JSON.stringify(answer.choices.map(choice => choice.message.content));
    });
    await attempt('openai chat, stream', async () =>
        joined(await client.chat.completions.create({
            ...ask, stream: true, stream_options: {include_usage: true},
        }), part => part.choices[0]?.delta?.content));
    await attempt('openai chat, stream helper', async () => {
        const stream = client.chat.completions.stream(ask);
        return caption(await stream.finalContent());
    });
    await attempt('openai chat, schema', async () => {
        const answer = await client.chat.completions.parse({
            ...ask,
            response_format: {type: 'json_schema', json_schema: {name: 'x', strict: true, schema: shape}},
        });
        return JSON.stringify(answer.choices[0].message.parsed);
    });
    await attempt('openai chat, function', async () => {
        const tools = [{type: 'function', function: {name: 'save', strict: true, parameters: shape}}];
        const answer = await client.chat.completions.parse({...ask, tools, tool_choice: 'required'});
        const [call] = answer.choices[0].message.tool_calls;
        return `${call.function.name}(${JSON.stringify(call.function.parsed_arguments)})`;
    });
    await attempt('openai responses', async () => {
        const answer = await client.responses.create({model, input});
        return `${caption(answer.output_text)}, ${answer.status}`;
    });
    await attempt('openai responses, stream', async () =>
        joined(await client.responses.create({model, input, stream: true}),
               event => event.type === 'response.output_text.delta' ? event.delta : ''));
    await attempt('openai responses, stream helper', async () => {
        const stream = client.responses.stream({model, input});
        return caption((await stream.finalResponse()).output_text);
    });
    await attempt('openai responses, schema', async () => {
        const answer = await client.responses.parse({
            model, input, text: {format: {type: 'json_schema', name: 'x', strict: true, schema: shape}},
        });
        return JSON.stringify(answer.output_parsed);
    });
    await refused('openai chat, URL', 400, () => client.chat.completions.create({
        ...ask,
        messages: [{role: 'user', content: [{type: 'image_url', image_url: {url: 'https://x.org/a.jpg'}}]}],
    }));
    await refused('openai chat, no photo', 400, () => client.chat.completions.create({
        model, messages: [{role: 'user', content: 'Hello!'}],
    }));
    await refused('openai models.retrieve, unknown', 404, () => client.models.retrieve('gpt-4o'));
}

await tryOllama();
await tryOpenAI();
console.log(`captions: ${[...captions].join(' | ')}`);
process.exit(failed > 0 || captions.size !== 1 ? 1 : 0);
