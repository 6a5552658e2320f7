"""Prefetching: ask the processor to fetch what will be needed, and go on without waiting for it.

At a million accounts nearly every look at another account misses the caches, some hundred nanoseconds each. A loop that
knows what the turn after next will read can have the memory fetched meanwhile. LLVM has an instruction for it; Numba
has no name for that instruction, so this gives it one.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_untracked
from numba.extending import intrinsic


@intrinsic
def prefetch(typing_context: Any, array: Any, place: Any) -> Any:
    """Fetch `array[place]`, or where that is a row its beginning, into the caches; a hint, which changes no result.

    For compiled code only. A place outside the array is harmless, and useless.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_type, _ = signature.args
        view = context.make_array(array_type)(context, builder, arguments[0])
        row = context.cast(builder, arguments[1], signature.args[1], types.intp)
        beginning = [row, *[context.get_constant(types.intp, 0)] * (array_type.ndim - 1)]
        address = cgutils.get_item_pointer(context, builder, array_type, view, beginning, wraparound=False)
        word, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        hint = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [byte, word, word, word]), "llvm.prefetch.p0"
        )
        to_read, keep, data = word(0), word(3), word(1)
        builder.call(hint, [builder.bitcast(address, byte), to_read, keep, data])
        return impl_ret_untracked(context, builder, types.none, context.get_dummy_value())

    return types.none(array, place), generate
