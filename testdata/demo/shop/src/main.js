console.log("total: " + total([3, 4]));
