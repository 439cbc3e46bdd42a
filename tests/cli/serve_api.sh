#!/bin/bash
# The server as photo programs call it, over the APIs of Ollama and OpenAI.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve_lib.sh"
cp "$SAMPLES/cat.jpg" cat.jpg
cp "$SAMPLES/coffee.jpg" coffee.jpg
base64 -w 0 cat.jpg >cat.b64
base64 -w 0 coffee.jpg >coffee.b64
echo "a text and no photo" | base64 >text.b64
cat=$("$CAPTION" -q cat.jpg)
coffee=$("$CAPTION" -q coffee.jpg)
json='Content-Type: application/json'

# Posts stdin, in which CAT, COFFEE and TEXT are the photos in base64.
post() { # path
    sed "s|CAT|$(cat cat.b64)|g; s|COFFEE|$(cat coffee.b64)|g; s|TEXT|$(cat text.b64)|g" >body
    ask "$1" -H "$json" --data-binary @body
}
# The texts of a member in a stream of JSON, joined.
joined() { # member
    sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' <<<"$reply" | tr -d '\n'
}
has() { [[ $reply == *"$1"* ]] || problem "the reply '$reply' has no '$1'"; }

start

begin "Ollama: a caption is the one of the command line, whole and in a stream"
post /api/generate <<<'{"model": "llava", "prompt": "What is in this picture?", "stream": false, "images": ["CAT"]}'
answers 200 '^\{"model":"llava","created_at":"20[0-9T:.-]+Z","response":"[^"]+","done":true,"done_reason":"stop","total_duration":[0-9]+,'
has "\"response\":\"$cat\""
post /api/generate <<<'{"model": "llava", "images": ["CAT"]}'
answers 200 '"done":true'
that test "$(joined response)" = "$cat"
that test "$(tail -n 1 <<<"$reply" | grep -c '"response":"","done":true')" -eq 1
post /api/chat <<<'{"model": "llava", "messages": [{"role": "user", "content": "Describe.", "images": ["COFFEE"]}]}'
that test "$(joined content)" = "$coffee"

begin "Ollama: several photos have a line each, also where one is none"
post /api/generate <<<'{"model": "llava", "stream": false, "images": ["CAT", "TEXT", "COFFEE"]}'
answers 200 "^"
has "\"response\":\"$cat\\n\\n$coffee\""
has '"error":"the photo'
post /api/generate <<<'{"model": "llava", "images": ["TEXT", "TEXT"]}'
answers 422 '^\{"error":"the photo'

begin "Ollama: settings of ours change the captions as options do"
best=$("$CAPTION" -q -n 2 -b 5 -f jsonl cat.jpg | sed 's/.*"caption":"\([^"]*\)".*/\1/')
post /api/generate <<<'{"model": "llava", "stream": false, "images": ["CAT"], "options": {"n": 2, "beam": 5, "keywords": 3}}'
answers 200 '"keywords":\[\{"keyword":".*"alternatives":\[\{"caption":"'"$best"'"'
post /api/generate <<<'{"model": "test-model", "images": ["CAT"], "options": {"lang": "zh"}}'
answers 404 "no captions in 'zh'"

begin "a model that is there, in a language that it has not, is refused; other names are its own"
while read -r code model; do
    post /api/generate <<<'{"model": "'"$model"'", "stream": false, "images": ["CAT"]}'
    [ "$code" = 200 ] && answers 200 "$cat" || answers 404 "^\{\"error\":\"the model 'test-model' has no captions in '"
    post /v1/chat/completions <<<'{"model": "'"$model"'", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,CAT"}}]}]}'
    [ "$code" = 200 ] && answers 200 "$cat" || answers 404 "the model 'test-model' has no captions in '"
done <<'CASES'
200 test-model
200 test-model:en
200 Test-Model:EN
200 test-model:latest
200 test-model2:zh
200 llava:zh
404 test-model:zh
404 test-model:
404 TEST-MODEL:zh
CASES

begin "a body that is not JSON is told what it has instead"
while IFS='|' read -r body text; do
    post /api/generate <<<"$body"
    answers 400 "^\{\"error\":\"the body is not JSON: $text\"\}"
done <<'CASES'
not json|unexpected 'not json.*'
{"model": tru}|unexpected 'tru\}.*'
{"model": "a", b: 1}|unexpected 'b: 1\}.*'
{"model": "a"} {}|unexpected '\{\}.*'
{"model": 1.2.3}|unexpected '.*'
{"model": "a"|it ends too early
CASES

begin "Ollama: models are listed and shown"
ask /api/tags
answers 200 '^\{"models":\[\{"name":"test-model:en","model":"test-model:en","modified_at":"20[0-9T:.-]+Z","size":[0-9]+,"digest":"[0-9a-f]{16}","details":\{'
ask /api/ps
answers 200 '"expires_at":"9999-12-31T23:59:59.000000Z"'
ask /api/version
answers 200 '^\{"version":"[0-9.]+"\}'
post /api/show <<<'{"model": "test-model"}'
answers 200 '"capabilities":\["completion","vision"\]'
post /api/show <<<'{"model": "llava"}'
answers 404 "^\{\"error\":\"model 'llava' not found\"\}"
that test "$(curl -sI "$url/api/tags" | head -n 1 | tr -d '\r')" = "HTTP/1.1 200 OK"
ask /api/delete -X DELETE -d '{"model": "llava"}'
answers 404 '"error"'

begin "OpenAI: a caption is the one of the command line, whole and in a stream"
ask_openai='"model": "gpt-4o", "messages": [{"role": "user", "content": [{"type": "text", "text": "Describe."}, {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,CAT"}}]}]'
post /v1/chat/completions <<<"{$ask_openai, \"max_tokens\": 300}"
answers 200 '^\{"id":"chatcmpl-[0-9a-f]+","object":"chat.completion","created":[0-9]+,"model":"gpt-4o","choices":\[\{"index":0,"message":\{"role":"assistant","content":"[^"]+"'
has "\"content\":\"$cat\""
post /v1/chat/completions <<<"{$ask_openai, \"stream\": true}"
that test "$(joined content)" = "$cat"
that test "$(tail -n 2 reply | head -n 1)" = "data: [DONE]"
that grep -qi '^content-type: text/event-stream' <<<"$(curl -si -H "$json" --data-binary @body "$url/v1/chat/completions")"
post /v1/chat/completions <<<"{$ask_openai, \"n\": 3}"
answers 200 '"index":2'

begin "OpenAI: models, and errors in their own shape"
ask /v1/models
answers 200 '^\{"object":"list","data":\[\{"id":"test-model:en","object":"model"'
ask /v1/models/test-model
answers 200 '^\{"id":"test-model:en"'
ask /v1/models/gpt-4o
answers 404 '^\{"error":\{"message":".*","type":"invalid_request_error","param":null,"code":null\}\}'
post /v1/chat/completions <<<'{"model": "a", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://127.0.0.1/cat.jpg"}}]}]}'
answers 400 '"message":"photo 1: photos are taken from data: URLs alone'
post /v1/chat/completions <<<'{"model": "a", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,TEXT"}}]}]}'
answers 422 '^\{"error":\{"message":"the photo: not an image'

# What the programs send is written as their sources do.
begin "PhotoPrism's caption and labels, by its engines for Ollama and OpenAI"
post /api/generate <<<'{"id": "b9d3", "model": "gemma3:latest", "prompt": "Create a caption with exactly one sentence in the active voice.", "suffix": "", "options": {"temperature": 0.1}, "stream": false, "images": ["CAT"]}'
has "\"response\":\"$cat\""
post /api/generate <<<'{"model": "gemma3", "system": "Output concise JSON that matches the schema.", "prompt": "Analyze the image and return label objects. Return JSON that matches this schema: {\"labels\": [{\"name\": \"\", \"confidence\": 0, \"topicality\": 0 }]}", "suffix": "", "format": "json", "options": {"temperature": 0.1, "top_p": 0.9, "stop": ["\n\n"]}, "stream": false, "images": ["CAT"]}'
answers 200 '"response":"\{\\"labels\\":\['
schema='{"type": "object", "properties": {"labels": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string", "minLength": 1}, "confidence": {"type": "number", "minimum": 0, "maximum": 1}, "topicality": {"type": "number", "minimum": 0, "maximum": 1}}, "required": ["name", "confidence", "topicality"], "additionalProperties": false}, "default": []}}, "required": ["labels"], "additionalProperties": false}'
post /v1/responses <<<'{"model": "gpt-5-mini", "input": [{"role": "system", "type": "message", "content": [{"type": "input_text", "text": "You label photos."}]}, {"role": "user", "type": "message", "content": [{"type": "input_text", "text": "Label it."}, {"type": "input_image", "image_url": "data:image/jpeg;base64,CAT", "detail": "low"}]}], "text": {"format": {"type": "json_schema", "name": "labels", "schema": '"$schema"', "strict": true}}, "max_output_tokens": 1024}'
answers 200 '"type":"output_text","text":"\{\\"labels\\":\[.*\]\}",'
post /v1/responses <<<'{"model": "a", "keywords": 3, "input": [{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/jpeg;base64,CAT"}]}], "text": {"format": {"type": "json_schema", "name": "labels", "schema": '"$schema"'}}}'
answers 200 '"text":"\{\\"labels\\":\[\{\\"name\\":\\"[^"]+\\",\\"confidence\\":0\.[0-9]{4},\\"topicality\\":0\.[0-9]{4}\}'

begin "PhotoScribe's title, caption and keywords, which its prompt shows"
prompt='Respond ONLY with valid JSON in this exact format, no other text:\n{\"title\": \"Short title\", \"caption\": \"Detailed description\", \"keywords\": [\"keyword1\", \"keyword2\"]}'
post /api/chat <<<'{"model": "gemma3:4b", "messages": [{"role": "system", "content": "Output ONLY a valid JSON object."}, {"role": "user", "content": "'"$prompt"'", "images": ["CAT"]}], "stream": false, "options": {"temperature": 0.3, "num_predict": 2048}, "think": false}'
answers 200 '"content":"\{\\"title\\":\\"'"$cat"'\\",\\"caption\\":\\"'"$cat"'\\",\\"keywords\\":\['
post /v1/chat/completions <<<'{"model": "gemma", "messages": [{"role": "user", "content": [{"type": "text", "text": "'"$prompt"'"}, {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,CAT"}}]}], "temperature": 0.3, "max_tokens": 2048, "stream": false, "think": false}'
answers 200 '"content":"\{\\"title\\":\\"'"$cat"'\\",'

begin "what two plugins of Lightroom ask for"
post /api/generate <<<'{"model": "llava", "prompt": "Please format your response as JSON with the following structure:\n{\n  \"title\": \"short descriptive title\",\n  \"caption\": \"brief caption here\",\n  \"headline\": \"detailed headline\",\n  \"keywords\": \"keyword1, keyword2\",\n  \"instructions\": \"usage notes\",\n  \"location\": \"location name\"\n}\n\nIMPORTANT: The keywords field must be a comma-separated string.", "images": ["CAT"], "stream": false, "options": {"temperature": 0.7, "num_predict": 1000, "keywords": 2}}'
answers 200 '"response":"\{\\"title\\":\\"'"$cat"'\\",\\"caption\\":\\"'"$cat"'\\",\\"headline\\":\\"'"$cat"'\\",\\"keywords\\":\\"[^"]*\\",\\"instructions\\":\\"\\",\\"location\\":\\"\\"\}"'
post /api/generate <<<'{"model": "minicpm-v", "prompt": "Describe the photo.", "format": "json", "system": "Return JSON:\n```json\n{\n  \"title\": \"string\",\n  \"caption\": \"string\",\n  \"keywords\": [\"string\", \"string\"]\n}\n```\n", "images": ["CAT"], "stream": false}'
answers 200 '"response":"\{\\"title\\":\\"'"$cat"'\\",\\"caption\\":\\"'"$cat"'\\",\\"keywords\\":\['

begin "LLM Vision's photos, a message each"
post /api/chat <<<'{"model": "gemma3", "messages": [{"role": "user", "content": "Image 1:", "images": ["CAT"]}, {"role": "user", "content": "Image 2:", "images": ["COFFEE"]}, {"role": "user", "content": "Describe what happens."}], "stream": false, "keep_alive": "5m", "options": {"num_predict": 100, "temperature": 0.5, "num_ctx": 2048}, "system": "You are terse."}'
has "\"content\":\"$cat\\n$coffee\""

begin "photo-tagger's function, of pydantic-ai"
post /v1/chat/completions <<<'{"model": "qwen3-vl", "messages": [{"role": "system", "content": "You are a photo archivist."}, {"role": "user", "content": [{"type": "text", "text": "Describe."}, {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,CAT"}}]}], "stream": false, "tool_choice": "required", "tools": [{"type": "function", "function": {"name": "final_result", "description": "Schema returned by the model.", "parameters": {"properties": {"title": {"maxLength": 120, "minLength": 1, "type": "string"}, "description": {"maxLength": 600, "minLength": 1, "type": "string"}, "keywords": {"items": {"maxLength": 80, "minLength": 1, "type": "string"}, "type": "array"}, "hierarchies": {"items": {"type": "string"}, "type": "array"}}, "required": ["title", "description"], "type": "object"}}}]}'
answers 200 '"tool_calls":\[\{"id":"[^"]+","type":"function","function":\{"name":"final_result","arguments":"\{\\"title\\":\\"'"$cat"'\\",\\"description\\":\\"'"$cat"'\\",\\"keywords\\":\['
has '"finish_reason":"tool_calls"'

begin "the log mentions once that prompts are ignored"
that test "$(grep -c "meant for a language model and ignored" log)" -eq 1

stop

begin "a model's file of any name is JSON"
cp "$MODEL" $'caf\xe9.safetensors'
start --model $'caf\xe9.safetensors'
for path in /health /api/tags /v1/models; do
    ask $path
    answers 200 $'"caf\xef\xbf\xbd[:"]'
done
stop
finish
