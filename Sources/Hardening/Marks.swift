/// The names by which the operator's work is known in the cluster.
public enum Marks {
    /// The field manager of all that the operator applies.
    public static let fieldManager = "hardening-operator"
    /// On the operator's own objects: who manages them.
    public static let managedByLabel = "app.kubernetes.io/managed-by"
    /// The value of ``managedByLabel``.
    public static let managedByValue = "hardening-operator"
    /// On namespaces, service accounts and the operator's own objects: the profile on whose behalf they were written.
    public static let profileLabel = "hardening.dev/profile"
    /// On namespaces and service accounts: what stood there before the operator wrote, as JSON; `null` for nothing.
    public static let previousAnnotation = "hardening.dev/previous"
    /// On profiles that ask for `Release`: the operator gives everything back before they go.
    public static let finalizer = "hardening.dev/release"

    /// The default-deny NetworkPolicy.
    public static let denyPolicyName = "hardening-default-deny"
    /// The NetworkPolicy with the allowances beside it.
    public static let allowPolicyName = "hardening-default-allow"
    /// The NetworkPolicies that are derived from objects. A fixed set of names, so that the operator's role can name all
    /// that it may ever write.
    public static let derivedPolicyNames = (1...16).map { "hardening-derived-\($0)" }
    /// On these: the objects that they are derived from.
    public static let derivedFromAnnotation = "hardening.dev/derived-from"
    /// On namespaces: the controls that are in force there, and how far.
    public static let inForceAnnotation = "hardening.dev/in-force"
    /// On namespaces: since when nothing that runs there violates the Pod Security policy that is to be enforced, and
    /// which that is.
    public static let cleanSinceAnnotation = "hardening.dev/clean-since"
    /// On namespaces: to whom ``inForceAnnotation`` and ``cleanSinceAnnotation`` apply. What was copied from elsewhere, or
    /// was written before a time in which nobody looked after it, bears another.
    public static let stateOfAnnotation = "hardening.dev/state-of"
    /// The LimitRange.
    public static let limitRangeName = "hardening-limits"
    /// The account that pods get when they name none.
    public static let defaultServiceAccountName = "default"
}
