import RLSCore

/// When subscriptions let go of files that are here.
struct ReapRules {
    private let subscriptions: [(subscription: Subscription, expression: Expression)]
    /// Milliseconds since 1970.
    private let now: Int

    init(_ subscriptions: [Subscription], now: Int) throws(ExpressionError) {
        var all: [(subscription: Subscription, expression: Expression)] = []
        for subscription in subscriptions {
            all.append((subscription, try Expression(parsing: subscription.configuration.expression)))
        }
        self.subscriptions = all
        self.now = now
    }

    /// Bits of the subscriptions whose lifetime is over for what came then, milliseconds since 1970.
    func ended(since came: Int) -> Int {
        subscriptions.reduce(0) { bits, item in
            let (milliseconds, overflow) = item.subscription.configuration.lifetime.multipliedReportingOverflow(
                by: 1_000)
            let isOver = !overflow && milliseconds > 0 && Int64(now) - Int64(came) >= milliseconds
            return isOver ? bits | item.subscription.bit : bits
        }
    }

    /// Bits of the subscriptions that want a file by what is known of it now, whatever has been noted before.
    func wanting(_ record: FileRecord, publisher: String) -> Int {
        subscriptions.reduce(0) { bits, item in
            item.expression.matches(record, publisher: publisher) ? bits | item.subscription.bit : bits
        }
    }
}
