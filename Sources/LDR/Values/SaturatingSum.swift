extension Int64 {
    /// Sizes come from other sites: many large ones together may be more than a number can be.
    func saturated(adding other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
