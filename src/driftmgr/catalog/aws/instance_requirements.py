"""Attribute-based instance selection: one block of launch templates and autoscaling groups, the same in both APIs."""

from driftmgr.catalog.entry import Attribute, AttributeLike

_RANGES = {
    "accelerator_count": "AcceleratorCount",
    "accelerator_total_memory_mib": "AcceleratorTotalMemoryMiB",
    "baseline_ebs_bandwidth_mbps": "BaselineEbsBandwidthMbps",
    "memory_gib_per_vcpu": "MemoryGiBPerVCpu",
    "memory_mib": "MemoryMiB",
    "network_bandwidth_gbps": "NetworkBandwidthGbps",
    "network_interface_count": "NetworkInterfaceCount",
    "total_local_storage_gb": "TotalLocalStorageGB",
    "vcpu_count": "VCpuCount",
}
_PRICES = {
    "max_spot_price_as_percentage_of_optimal_on_demand_price": "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice",
    "on_demand_max_price_percentage_over_lowest_price": "OnDemandMaxPricePercentageOverLowestPrice",
    "spot_max_price_percentage_over_lowest_price": "SpotMaxPricePercentageOverLowestPrice",
}
_CHOICES = {
    "accelerator_manufacturers": "AcceleratorManufacturers",
    "accelerator_names": "AcceleratorNames",
    "accelerator_types": "AcceleratorTypes",
    "allowed_instance_types": "AllowedInstanceTypes",
    "bare_metal": "BareMetal",
    "burstable_performance": "BurstablePerformance",
    "cpu_manufacturers": "CpuManufacturers",
    "excluded_instance_types": "ExcludedInstanceTypes",
    "instance_generations": "InstanceGenerations",
    "local_storage": "LocalStorage",
    "local_storage_types": "LocalStorageTypes",
}


def instance_requirements(path: str) -> Attribute:
    """The block found at a path. The SDK records an unset number inside a block as 0."""
    ranges: dict[str, AttributeLike] = {
        name: Attribute(member, nested={"max": Attribute("Max", default=0), "min": Attribute("Min", default=0)})
        for name, member in _RANGES.items()
    }
    prices: dict[str, AttributeLike] = {name: Attribute(member, default=0) for name, member in _PRICES.items()}
    hibernate = {"require_hibernate_support": Attribute("RequireHibernateSupport", default=False)}
    return Attribute(path, nested={**ranges, **prices, **_CHOICES, **hibernate})
