/* SPDX-License-Identifier: MIT */
/* By Python's Lib/pickletools.py, which describes each opcode. */
#include "exchange/pickle_private.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

/* What stands before the next newline. */
static enum tn_status take_line(struct pickle_machine *m, const unsigned char **ret_line,
                                size_t *ret_length)
{
    const unsigned char *end = memchr(m->bytes + m->at, '\n', m->size - m->at);

    if (!end)
        return pickle_damaged(m);
    *ret_line = m->bytes + m->at;
    *ret_length = (size_t)(end - *ret_line);
    m->at += *ret_length + 1;
    return TN_OK;
}

static enum tn_status push_kind(struct pickle_machine *m, enum pickle_kind kind)
{
    return pickle_push(m, (struct pickle_value){.kind = kind});
}

/* The topmost `count` values become a tuple. */
static enum tn_status make_tuple(struct pickle_machine *m, size_t count)
{
    const size_t place = m->depth - count;
    uint32_t made;

    if (count > m->depth)
        return pickle_damaged(m);
    for (size_t i = place; i < m->depth; i++)
        if (pickle_value_at(m, i)->kind == PICKLE_MARK)
            return pickle_damaged(m);
    TN_TRY(push_kind(m, PICKLE_TUPLE));
    TN_TRY(pickle_pop(m, &made));
    TN_TRY(pickle_move_items(m, made, place));
    return pickle_push_number(m, made);
}

/* What stands behind the last mark becomes a new value of that kind. */
static enum tn_status collect(struct pickle_machine *m, size_t kind)
{
    size_t mark;
    uint32_t made;

    TN_TRY(pickle_find_mark(m, &mark));
    if (kind == PICKLE_DICT && (m->depth - mark - 1) % 2 != 0)
        return pickle_damaged(m);
    TN_TRY(push_kind(m, (enum pickle_kind)kind));
    TN_TRY(pickle_pop(m, &made));
    TN_TRY(pickle_move_items(m, made, mark + 1));
    m->depth = mark;
    return pickle_push_number(m, made);
}

/* The stack from `place` on are items for the value before it. */
static enum tn_status extend(struct pickle_machine *m, size_t place, size_t multiple)
{
    if (place == 0 || place > m->depth || pickle_value_at(m, place - 1)->kind == PICKLE_MARK ||
        (m->depth - place) % multiple != 0)
        return pickle_damaged(m);
    for (size_t i = place; i < m->depth; i++)
        if (pickle_value_at(m, i)->kind == PICKLE_MARK)
            return pickle_damaged(m);
    return pickle_move_items(m, m->stack[place - 1], place);
}

static enum tn_status extend_top(struct pickle_machine *m, size_t count)
{
    return extend(m, m->depth - count, count);
}

static enum tn_status extend_marked(struct pickle_machine *m, size_t multiple)
{
    size_t mark;

    TN_TRY(pickle_find_mark(m, &mark));
    memmove(m->stack + mark, m->stack + mark + 1, (m->depth - mark - 1) * sizeof *m->stack);
    m->depth--;
    return extend(m, mark, multiple);
}

static enum tn_status push_text(struct pickle_machine *m, size_t width)
{
    const unsigned char *text;
    uint64_t length;

    TN_TRY(pickle_take_number(m, width, &length));
    if (length > m->size)
        return pickle_damaged(m);
    TN_TRY(pickle_take(m, (size_t)length, &text));
    return pickle_push(m, (struct pickle_value){.kind = PICKLE_TEXT,
                                                .text = (const char *)text,
                                                .length = (size_t)length});
}

static enum tn_status push_int(struct pickle_machine *m, size_t width)
{
    uint64_t number;

    TN_TRY(pickle_take_number(m, width, &number));
    return pickle_push(m, (struct pickle_value){.kind = PICKLE_INT,
                                                .integer = width == 4 ? (int32_t)(uint32_t)number
                                                                      : (int64_t)number});
}

/* An integer of any length, in two's complement; one beyond 64 bits is another number. */
static enum tn_status push_long(struct pickle_machine *m, size_t width)
{
    const unsigned char *bytes;
    uint64_t length, number = 0;

    TN_TRY(pickle_take_number(m, width, &length));
    if (length > m->size)
        return pickle_damaged(m);
    TN_TRY(pickle_take(m, (size_t)length, &bytes));
    if (length > sizeof number)
        return push_kind(m, PICKLE_OTHER);
    if (length > 0 && bytes[length - 1] >= 0x80)
        number = UINT64_MAX;
    for (size_t i = (size_t)length; i-- > 0;)
        number = number << 8 | bytes[i];
    return pickle_push(m, (struct pickle_value){.kind = PICKLE_INT, .integer = (int64_t)number});
}

static enum tn_status push_empty(struct pickle_machine *m, size_t kind)
{
    return push_kind(m, (enum pickle_kind)kind);
}

static enum tn_status push_bool(struct pickle_machine *m, size_t value)
{
    return pickle_push(m, (struct pickle_value){.kind = PICKLE_BOOL, .integer = (int64_t)value});
}

static enum tn_status push_skipped(struct pickle_machine *m, size_t count)
{
    const unsigned char *bytes;

    TN_TRY(pickle_take(m, count, &bytes));
    return push_kind(m, PICKLE_OTHER);
}

static enum tn_status push_global(struct pickle_machine *m, size_t unused)
{
    const unsigned char *module = NULL, *name = NULL;
    size_t module_length = 0, name_length = 0;

    (void)unused;
    TN_TRY(take_line(m, &module, &module_length));
    TN_TRY(take_line(m, &name, &name_length));
    return pickle_push(m, (struct pickle_value){.kind = PICKLE_GLOBAL,
                                                .text = (const char *)module,
                                                .length = module_length,
                                                .name = (const char *)name,
                                                .name_length = name_length});
}

static enum tn_status make_global(struct pickle_machine *m, size_t unused)
{
    const struct pickle_value *module, *name;
    uint32_t top, below;

    (void)unused;
    TN_TRY(pickle_pop(m, &top));
    TN_TRY(pickle_pop(m, &below));
    module = &m->graph->values[below];
    name = &m->graph->values[top];
    if (module->kind != PICKLE_TEXT || name->kind != PICKLE_TEXT)
        return pickle_damaged(m);
    return pickle_push(m, (struct pickle_value){.kind = PICKLE_GLOBAL,
                                                .text = module->text,
                                                .length = module->length,
                                                .name = name->text,
                                                .name_length = name->length});
}

/* The function and its arguments, a tuple, become a call. */
static enum tn_status make_call(struct pickle_machine *m, size_t unused)
{
    uint32_t arguments, function;

    (void)unused;
    TN_TRY(pickle_pop(m, &arguments));
    TN_TRY(pickle_pop(m, &function));
    if (m->graph->values[arguments].kind != PICKLE_TUPLE)
        return pickle_damaged(m);
    return pickle_push(m, (struct pickle_value){
                              .kind = PICKLE_CALL, .function = function, .arguments = arguments});
}

static enum tn_status make_persistent(struct pickle_machine *m, size_t unused)
{
    uint32_t id;

    (void)unused;
    TN_TRY(pickle_pop(m, &id));
    return pickle_push(m, (struct pickle_value){.kind = PICKLE_PERSISTENT, .arguments = id});
}

static enum tn_status drop_marked(struct pickle_machine *m, size_t unused)
{
    (void)unused;
    return pickle_find_mark(m, &m->depth);
}

static enum tn_status drop(struct pickle_machine *m, size_t unused)
{
    uint32_t dropped;

    (void)unused;
    return pickle_pop(m, &dropped);
}

static enum tn_status memoize(struct pickle_machine *m, uint64_t index)
{
    if (m->depth == 0 || index >= PICKLE_MOST_VALUES)
        return pickle_damaged(m);
    TN_TRY(tn_array_reserve(&m->memo, &m->memo_capacity, (size_t)index + 1, m->err));
    while (m->memo_count <= index)
        m->memo[m->memo_count++] = 0;
    m->memo[index] = m->stack[m->depth - 1] + 1;
    return TN_OK;
}

static enum tn_status memoize_next(struct pickle_machine *m, size_t unused)
{
    (void)unused;
    return memoize(m, m->memoized++);
}

static enum tn_status memoize_at(struct pickle_machine *m, size_t width)
{
    uint64_t index;

    TN_TRY(pickle_take_number(m, width, &index));
    return memoize(m, index);
}

static enum tn_status recall(struct pickle_machine *m, size_t width)
{
    uint64_t index;

    TN_TRY(pickle_take_number(m, width, &index));
    if (index >= m->memo_count || m->memo[index] == 0)
        return pickle_damaged(m);
    return pickle_push_number(m, m->memo[index] - 1);
}

static enum tn_status duplicate(struct pickle_machine *m, size_t unused)
{
    (void)unused;
    return m->depth > 0 ? pickle_push_number(m, m->stack[m->depth - 1]) : pickle_damaged(m);
}

static enum tn_status skip(struct pickle_machine *m, size_t count)
{
    const unsigned char *bytes;

    return pickle_take(m, count, &bytes);
}

static enum tn_status stop(struct pickle_machine *m, size_t unused)
{
    (void)unused;
    TN_TRY(pickle_pop(m, &m->graph->result));
    m->stopped = true;
    return TN_OK;
}

static const struct {
    enum tn_status (*run)(struct pickle_machine *m, size_t argument);
    size_t argument;
} opcodes[256] = {
    ['('] = {push_empty, PICKLE_MARK},
    ['N'] = {push_empty, PICKLE_NONE},
    ['}'] = {push_empty, PICKLE_DICT},
    [']'] = {push_empty, PICKLE_LIST},
    [')'] = {push_empty, PICKLE_TUPLE},
    [0x8f] = {push_empty, PICKLE_OTHER}, /* a set */
    [0x88] = {push_bool, true},
    [0x89] = {push_bool, false},
    ['K'] = {push_int, 1},
    ['M'] = {push_int, 2},
    ['J'] = {push_int, 4},
    [0x8a] = {push_long, 1},
    [0x8b] = {push_long, 4},
    ['G'] = {push_skipped, 8}, /* a float */
    ['U'] = {push_text, 1},
    ['C'] = {push_text, 1},
    [0x8c] = {push_text, 1},
    ['T'] = {push_text, 4},
    ['B'] = {push_text, 4},
    ['X'] = {push_text, 4},
    [0x8d] = {push_text, 8},
    [0x8e] = {push_text, 8},
    [0x96] = {push_text, 8},
    ['c'] = {push_global, 0},
    ['h'] = {recall, 1},
    ['j'] = {recall, 4},
    ['2'] = {duplicate, 0},
    ['q'] = {memoize_at, 1},
    ['r'] = {memoize_at, 4},
    [0x94] = {memoize_next, 0},
    [0x80] = {skip, 1}, /* the protocol */
    [0x95] = {skip, 8}, /* a frame */
    ['0'] = {drop, 0},
    ['1'] = {drop_marked, 0},
    ['b'] = {drop, 0}, /* an object's attributes */
    [0x85] = {make_tuple, 1},
    [0x86] = {make_tuple, 2},
    [0x87] = {make_tuple, 3},
    ['t'] = {collect, PICKLE_TUPLE},
    ['l'] = {collect, PICKLE_LIST},
    ['d'] = {collect, PICKLE_DICT},
    [0x91] = {collect, PICKLE_OTHER}, /* a frozen set */
    ['a'] = {extend_top, 1},
    ['s'] = {extend_top, 2},
    ['e'] = {extend_marked, 1},
    [0x90] = {extend_marked, 1},
    ['u'] = {extend_marked, 2},
    [0x93] = {make_global, 0},
    ['R'] = {make_call, 0},
    [0x81] = {make_call, 0},
    ['Q'] = {make_persistent, 0},
    ['.'] = {stop, 0},
};

static enum tn_status step(struct pickle_machine *m)
{
    const unsigned char *opcode;

    TN_TRY(pickle_take(m, 1, &opcode));
    if (opcodes[*opcode].run)
        return opcodes[*opcode].run(m, opcodes[*opcode].argument);
    return tn_fail(m->err, TN_UNSUPPORTED,
                   "the pickle has the operation 0x%02x at byte %zu, which weights do not need",
                   *opcode, m->at - 1);
}

enum tn_status pickle_read(const unsigned char *bytes, size_t size, struct pickle *ret_pickle,
                           size_t *ret_used, struct tn_error *err)
{
    struct pickle graph = {.values = NULL};
    struct pickle_machine m = {.bytes = bytes, .size = size, .graph = &graph, .err = err};
    enum tn_status status = TN_OK;

    while (status == TN_OK && !m.stopped)
        status = step(&m);
    free(m.stack);
    free(m.memo);
    if (status != TN_OK) {
        pickle_finish(&graph);
        return status;
    }
    *ret_pickle = graph;
    *ret_used = m.at;
    return TN_OK;
}

void pickle_finish(struct pickle *pickle)
{
    free(pickle->values);
    free(pickle->links);
}
