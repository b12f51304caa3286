package dev.mainstay.kotlin

// begin: operator
import dev.mainstay.Guard
import dev.mainstay.call.PlainSupplier
import dev.mainstay.TypedPipeline

operator fun <T> Guard.invoke(body: () -> T): T = get(PlainSupplier(body))

operator fun <T> TypedPipeline<T>.invoke(body: () -> T): T = get(PlainSupplier(body))
// end: operator

class FromKotlin(private val inventory: Guard, private val client: InventoryClient) {

    fun usage(): List<Stock> {
        // begin: usage
        val stock = inventory { client.stockOf("sku-7") }
        val same = inventory.get { client.stockOf("sku-7") }
        val async = inventory.callAsync { client.stockOfAsync("sku-7") }
        // end: usage
        return listOf(stock, same, async.join())
    }

    fun named(): List<Stock> {
        // begin: named
        val outcome = inventory.tryCall<Stock, Exception> { client.stockOf("sku-7") }
        inventory.run<Exception> { client.stockOf("sku-7") }
        // end: named
        return listOf(outcome.get())
    }
}
